// Steps over the whole picture, each on a pixel's encoded value; STEPS says which, in order.
#include "srgb.glsl"

uniform sampler2D picture;
uniform vec2 size;

in vec2 place;
out vec4 result;              // encoded: the framebuffer leaves it as it is

#ifdef LUT_3D
uniform sampler3D lut;
#endif
#ifdef LUT_1D
uniform sampler2D lut;
#endif
#if defined(LUT_3D) || defined(LUT_1D)
uniform vec3 lut_scale, lut_offset; // from a value to its place in the table
uniform float lut_amount;

#ifdef LUT_SHAPER
uniform sampler2D shaper;
uniform vec3 shaper_scale, shaper_offset;

vec3 shaped(vec3 colour) {
    vec3 at = colour * shaper_scale + shaper_offset;
    return vec3(texture(shaper, vec2(at.r, 0.5)).r, texture(shaper, vec2(at.g, 0.5)).g,
                texture(shaper, vec2(at.b, 0.5)).b);
}
#else
#define shaped(colour) colour
#endif

vec3 looked_up(vec3 colour) {
    vec3 at = shaped(colour) * lut_scale + lut_offset; // the sampler stays inside the table
#ifdef LUT_3D
    vec3 found = texture(lut, at).rgb;
#else
    vec3 found = vec3(texture(lut, vec2(at.r, 0.5)).r, texture(lut, vec2(at.g, 0.5)).g,
                      texture(lut, vec2(at.b, 0.5)).b);
#endif
    return clamp(mix(colour, found, lut_amount), 0.0, 1.0);
}
#endif

#ifdef VIGNETTE
uniform vec4 vignette;        // amount, radius, 1 / softness, unused
uniform vec3 vignette_colour;

vec3 vignetted(vec3 colour) {
    float away = length((place - 0.5) * size) * 2.0 / length(size);
    float t = clamp((away - vignette.y) * vignette.z, 0.0, 1.0);
    return mix(colour, vignette_colour, vignette.x * t * t * (3.0 - 2.0 * t));
}
#endif

#ifdef GRAIN
uniform sampler2D noise;
uniform vec4 grain;           // amount, noise texels a pixel, place in the noise
vec3 grainy(vec3 colour) {
    vec3 n = texture(noise, gl_FragCoord.xy * grain.y + grain.zw).rgb - 0.5;
#ifndef COLOURED
    n = n.rrr;
#endif
    float luma = dot(colour, vec3(0.299, 0.587, 0.114));
    return clamp(colour + n * (grain.x * (0.35 + 2.6 * luma * (1.0 - luma))), 0.0, 1.0);
}
#endif

#ifdef TONE
uniform vec4 tone;            // monochrome, sepia, fade, gain

vec3 toned(vec3 colour) {
    float luma = dot(colour, vec3(0.299, 0.587, 0.114));
    colour = mix(colour, vec3(luma), tone.x);
    // dark brown to warm paper white
    vec3 brown = mix(vec3(0.13, 0.06, 0.02), vec3(1.0, 0.94, 0.78), luma);
    brown += vec3(0.10, 0.01, -0.12) * (4.0 * luma * (1.0 - luma)) * 0.6;
    colour = mix(colour, brown, tone.y);
    colour = mix(colour, colour * 0.78 + vec3(0.12, 0.105, 0.095), tone.z);
    return clamp(colour * tone.w, 0.0, 1.0);
}
#endif

#if defined(MOVED) || defined(FRINGE)
uniform vec3 shift;           // offset, fringe
#endif

// The picture is read as it is stored, encoded; where the driver cannot, DECODED says so.
vec4 read(vec2 at) {
    vec4 found = texture(picture, at);
#ifdef DECODED
    found.rgb = srgb_from_linear(found.rgb);
#endif
    return found;
}

void main() {
    vec2 at = place;
#ifdef MOVED
    at += shift.xy;
#endif
    vec4 found = read(at); // texelFetch would decode, whatever it was told
#ifdef FRINGE
    vec2 off = at - 0.5;
    float k = shift.z * 2.0 * dot(off, off);
    found.r = read(at - off * k).r;
    found.b = read(at + off * k).b;
#endif
    vec3 colour = found.rgb;
    STEPS
    result = vec4(colour, found.a);
}
