// Makeup: in OKLab the colour moves towards the cosmetic's, while lightness is scaled, so that the skin's
// structure and the light on it stay. A pixel that no region reaches is not written.
#include "skin_edges.glsl"
#include "oklab.glsl"

uniform sampler2D picture;  // the skin
uniform sampler2D first;    // lips, where lips shine, eye shadow, eyeliner
uniform sampler2D second;   // blush, brows, contour
uniform sampler2D soft;     // the skin, smooth, in texture space; times its weight
uniform sampler2D lip_mean; // of the lips
uniform vec4 lipstick, eye_shadow, eyeliner, blush, brows, contour; // OKLab, and how much: 0..1
uniform float highlight, shine;
uniform float shut;         // 1: the mouth is shut, and lips meet; 0: it is open
uniform float in_mouth;     // 1: what is drawn now is the gap between the lips

in vec2 uv;
in float border_mm;
in vec2 rims;
in float facing;
flat in vec3 skin_mean;

out vec4 made_up;

// a new colour of this lightness, as saturated as the cosmetic is when it is lit like this
vec3 toned(vec3 lab, float lightness, vec3 target, float amount) {
    vec2 hue = target.yz * clamp(lightness / max(target.x, 0.05), 0.0, 1.4);
    return vec3(lightness, mix(lab.yz, hue, amount));
}

vec3 on_lips(vec3 c, float amount, float glossy) {
    vec3 lips = texelFetch(lip_mean, ivec2(0), 0).rgb;
    vec4 around = texture(soft, uv);
    float lit = clamp(dot(around.rgb, LUMINANCE) / max(around.a * dot(skin_mean, LUMINANCE), 1e-4), 0.4, 1.8);
    float bare = dot(skin_mean, LUMINANCE), usual = dot(lips, LUMINANCE) * lit, y = dot(c, LUMINANCE);
    // A highlight lies over the colour, it is not part of it. One lip may be much lighter than the other, as
    // with light from above: what is darker than skin is no highlight.
    float mirrored = max(y - max(1.3 * usual, min(0.95 * bare * lit, 3.0 * usual)), 0.0);
    vec3 matt = c * (1.0 - mirrored / max(y, 1e-5));
    vec3 lab = oklab_from_linear(matt);
    // dim skin may be dark skin or a dim room: the colour believes in the room by less than half
    float room = clamp(pow(max(bare, 1e-3) / 0.35, 0.2), 0.65, 1.05);
    float scale = clamp(lipstick.x * room / max(oklab_from_linear(lips).x, 0.1), 0.15, 1.9);
    // pigment evens out what lips differ in: shadows and furrows lose a little
    float even = pow(max(lab.x, 1e-3) / max(oklab_from_linear(lips).x, 0.1), -0.15 * amount);
    float lightness = lab.x * mix(1.0, scale * even, amount);
    vec3 result = linear_from_oklab(toned(lab, lightness, lipstick.xyz, amount));
    vec3 white = c / max(y, 1e-5);
    result += mirrored * mix(white, vec3(1.0), amount) * mix(1.0, highlight, amount);
    // a gloss mirrors the light from above, broken by the lips' own furrows
    float furrows = smoothstep(0.72, 1.12, lab.x / max(oklab_from_linear(lips * lit).x, 0.05));
    return result + glossy * furrows * shine * amount * 0.4 * max(bare, 0.05) * lit;
}

void main() {
    // the finer of both directions: where skin turns away, the coarser one would smear masks over their edges
    float step_texels = min(length(dFdx(uv)), length(dFdy(uv))) * float(textureSize(first, 0).x);
    float level = log2(max(step_texels, 1.0));
    vec4 a = textureLod(first, uv, level), b = textureLod(second, uv, level);
    float seen = smoothstep(0.02, 0.3, facing), open = beside_hole(rims.x, 1.2);
    float lips = a.r * lipstick.w * seen * (in_mouth > 0.5 ? shut : max(beside_hole(rims.y, 1.2), shut));
    float shadow = a.b * eye_shadow.w * seen * open, liner = a.a * eyeliner.w * seen * open;
    float rouge = b.r * blush.w * seen, hairs = b.g * brows.w * seen, hollow = b.b * contour.w * seen;
    if (lips + shadow + liner + rouge + hairs + hollow < 1.0 / 256.0) discard;

    vec3 c = texelFetch(picture, ivec2(gl_FragCoord.xy), 0).rgb;
    if (hollow + rouge + shadow + hairs + liner > 0.0) {
        vec3 lab = oklab_from_linear(c);
        float usual = max(oklab_from_linear(skin_mean).x, 0.1);
        if (hollow > 0.0) {
            float darker = min(contour.x / 0.75, 1.0);
            lab = toned(lab, lab.x * mix(1.0, darker, 0.6 * hollow), contour.xyz, 0.3 * hollow);
        }
        if (rouge > 0.0) {
            float darker = min(blush.x / 0.8, 1.0);
            lab = toned(lab, lab.x * mix(1.0, darker, 0.35 * rouge), blush.xyz, 0.48 * rouge);
        }
        if (shadow > 0.0) {
            float scale = clamp(eye_shadow.x / usual, 0.2, 1.5);
            lab = toned(lab, lab.x * mix(1.0, scale, 0.75 * shadow), eye_shadow.xyz, 0.9 * shadow);
        }
        if (hairs > 0.0) { // between the hairs, which stay darker than it
            float filled = min(lab.x, max(brows.x * min(lab.x / usual, 1.1), min(lab.x, 0.75 * brows.x)));
            lab = toned(lab, mix(lab.x, filled, 0.8 * hairs), brows.xyz, 0.8 * hairs);
        }
        if (liner > 0.0) {
            float covered = max(eyeliner.x + 0.12 * (lab.x - usual), 0.0);
            lab = toned(lab, mix(lab.x, covered, 0.92 * liner), eyeliner.xyz, 0.92 * liner);
        }
        c = linear_from_oklab(lab);
    }
    if (lips > 0.0) c = on_lips(c, 0.92 * lips, a.g);
    made_up = vec4(c, 1.0);
}
