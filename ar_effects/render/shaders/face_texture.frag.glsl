// Paint on the skin: lit by the light that the skin under it shows, with some of its fine structure.
#include "skin_edges.glsl"

uniform sampler2D picture; // the skin, as large as the picture
uniform sampler2D paint;   // premultiplied
uniform sampler2D soft;    // the skin, smooth, in texture space; times its weight
uniform vec4 tint;
uniform float feather_mm;
uniform float shading;
uniform float grain;
uniform vec2 covers;       // eyes, mouth

in vec2 uv;
in float border_mm;
in vec2 rims;
in float facing;
flat in vec3 skin_mean;

out vec4 painted;

void main() {
    // between what both directions ask for: the coarser one would wash out paint on skin that turns away
    vec2 steps = vec2(length(dFdx(uv)), length(dFdy(uv))) * float(textureSize(paint, 0).x);
    vec4 colour = textureLod(paint, uv, 0.5 * log2(max(steps.x * steps.y, 1.0))) * vec4(tint.rgb * tint.a, tint.a);
    // wide where the cheek turns away from the camera; narrow at the nose, behind which there is paint again
    float turning = mix(0.35, 0.05, smoothstep(15.0, 40.0, border_mm));
    colour *= smoothstep(0.0, feather_mm, border_mm) * smoothstep(0.0, turning, facing);
    colour *= max(beside_hole(rims.x, 1.5), covers.x) * max(beside_hole(rims.y, 1.5), covers.y);
    if (colour.a < 1.0 / 1024.0) discard;

    vec4 smooth_skin = texture(soft, uv);
    float around = dot(smooth_skin.rgb, LUMINANCE) / max(smooth_skin.a, 1e-4);
    float usual = max(dot(skin_mean, LUMINANCE), 1e-3);
    // dim skin may be dark skin or a dim room: paint believes in the room by less than half
    float room = clamp(pow(usual / 0.35, 0.4), 0.5, 1.05);
    float light = mix(1.0, clamp(around / usual, 0.2, 1.35) * room, shading);

    float here = dot(texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb, LUMINANCE);
    light *= pow(clamp(here / max(around, 1e-3), 0.25, 1.6), grain);
    painted = vec4(min(colour.rgb * light, colour.a), colour.a);
}
