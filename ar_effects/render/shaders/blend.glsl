// How colours meet: the separable modes of the W3C's "Compositing and Blending Level 1", on encoded values,
// as painting programs do it. Adding is light, and so linear.
#include "srgb.glsl"

vec3 blended(vec3 under, vec3 over) {
#if defined(BLEND_ADD)
    return under + over;
#elif defined(BLEND_NORMAL)
    return over;
#else
    vec3 b = srgb_from_linear(clamp(under, 0.0, 1.0)), s = srgb_from_linear(clamp(over, 0.0, 1.0));
#if defined(BLEND_MULTIPLY)
    return linear_from_srgb(b * s);
#elif defined(BLEND_SCREEN)
    return linear_from_srgb(b + s - b * s);
#elif defined(BLEND_OVERLAY)
    return linear_from_srgb(mix(2.0 * b * s, 1.0 - 2.0 * (1.0 - b) * (1.0 - s), step(0.5, b)));
#else // soft light
    vec3 d = mix(((16.0 * b - 12.0) * b + 4.0) * b, sqrt(b), greaterThan(b, vec3(0.25)));
    vec3 darker = b - (1.0 - 2.0 * s) * b * (1.0 - b);
    vec3 lighter = b + (2.0 * s - 1.0) * (d - b);
    return linear_from_srgb(mix(darker, lighter, greaterThan(s, vec3(0.5))));
#endif
#endif
}
