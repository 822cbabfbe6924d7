// The face, reduced: colours as square roots of light (nearly as people see them), and lightness squared.
#include "skin_edges.glsl"

uniform sampler2D picture;
uniform vec2 size;
uniform vec2 corner; // of the face's rectangle, pixels
uniform vec2 step;   // pixels of a texel

in vec2 place;
out vec4 colour;

void main() {
    vec2 from = corner + floor(gl_FragCoord.xy) * step;
    ivec2 count = clamp(ivec2(ceil(step * 0.5)), 1, 8); // each sample is the mean of up to four pixels
    vec3 sum = vec3(0.0);
    for (int j = 0; j < count.y; j++) {
        for (int i = 0; i < count.x; i++) {
            sum += texture(picture, (from + (vec2(i, j) + 0.5) / vec2(count) * step) / size).rgb;
        }
    }
    vec3 seen = sqrt(sum / float(count.x * count.y));
    float lightness = dot(seen, LUMINANCE);
    colour = vec4(seen, lightness * lightness);
}
