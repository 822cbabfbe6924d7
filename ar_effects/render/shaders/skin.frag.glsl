// Skin: changed as the reduced picture says (smoothed where it is even, sharp at edges, with a share of its
// texture). TONE: then its hue, brightness and warmth.
#include "skin_edges.glsl"
#include "skin_hue.glsl"

uniform sampler2D picture; // under the draw
uniform sampler2D change;  // of a colour (square roots of light): rgb + a * colour
uniform sampler2D mask;    // in texture space: alpha
uniform vec2 corner;       // of the reduced picture, pixels
uniform vec2 texels;       // of the reduced picture in a pixel
uniform vec2 used;         // texels of it
uniform float smoothing;
#ifdef TONE
uniform sampler2D small;   // the face, reduced
uniform float even_out;
uniform vec2 tone;         // brightness, warmth
#endif

in vec2 uv;
in float border_mm;
in float facing;
flat in vec3 skin_mean;

out vec4 result;

const float FEATHER_MM = 22.0;

void main() {
    // the way to the border as it is seen: on the sides of the face it is short
    float apparent_mm = border_mm * facing * facing * 1.3;
    float skin = texture(mask, uv).a * smoothstep(0.0, FEATHER_MM, apparent_mm) * smoothstep(0.02, 0.2, facing);
    if (skin < 1.0 / 255.0) discard; // bit for bit as it was
    vec4 under = texelFetch(picture, ivec2(gl_FragCoord.xy), 0);
    vec3 colour = sqrt(under.rgb);
    vec2 at = clamp((gl_FragCoord.xy - corner) * texels, vec2(0.5), used - 0.5) / vec2(textureSize(change, 0));
    vec4 less = texture(change, at);
    colour = max(colour + skin * smoothing * (less.rgb + less.a * colour), 0.0);
#ifdef TONE
    vec3 usual = skin_colour(skin_mean);
    skin *= how_much_skin(texture(small, at).rgb, usual);
    float lightness = dot(colour, LUMINANCE);
    vec3 toned = mix(colour, usual * (lightness / dot(usual, LUMINANCE)), 0.6 * even_out);
    toned *= 1.0 + tone.y * vec3(0.045, 0.0, -0.075);
    toned *= lightness / max(dot(toned, LUMINANCE), 1e-4);
    toned += tone.x * 0.35 * toned * (1.0 - min(toned, 1.0)); // black and white stay
    colour = mix(colour, toned, skin);
#endif
    result = vec4(colour * colour, under.a);
}
