// The finished picture on the window, whose framebuffer does not encode sRGB by itself (IEC 61966-2-1).
uniform sampler2D picture;

in vec2 place;
out vec4 encoded;

void main() {
    vec3 linear = clamp(texture(picture, place).rgb, 0.0, 1.0);
    vec3 curved = 1.055 * pow(linear, vec3(1.0 / 2.4)) - 0.055;
    encoded = vec4(mix(linear * 12.92, curved, greaterThan(linear, vec3(0.0031308))), 1.0);
}
