// Encoding of sRGB (IEC 61966-2-1); framebuffers and textures do it by themselves, this is for sums that
// people expect in encoded values.
vec3 srgb_from_linear(vec3 linear) {
    vec3 curved = 1.055 * pow(max(linear, 0.0), vec3(1.0 / 2.4)) - 0.055;
    return mix(linear * 12.92, curved, greaterThan(linear, vec3(0.0031308)));
}

vec3 linear_from_srgb(vec3 encoded) {
    vec3 curved = pow((max(encoded, 0.0) + 0.055) / 1.055, vec3(2.4));
    return mix(encoded / 12.92, curved, greaterThan(encoded, vec3(0.04045)));
}
