// The face, reduced, each texel from SAMPLES places a side: colours as square roots of light (nearly as people see
// them), and lightness squared.
#include "skin_edges.glsl"

uniform sampler2D picture;
uniform vec2 size;
uniform vec2 corner; // of the face's rectangle, pixels
uniform vec2 step;   // pixels of a texel

in vec2 place;
out vec4 colour;

void main() {
    vec2 from = corner + floor(gl_FragCoord.xy) * step;
    vec3 sum = vec3(0.0);
    for (int j = 0; j < SAMPLES; j++) {
        for (int i = 0; i < SAMPLES; i++) {
            sum += texture(picture, (from + (vec2(i, j) + 0.5) / float(SAMPLES) * step) / size).rgb;
        }
    }
    vec3 seen = sqrt(sum / float(SAMPLES * SAMPLES));
    float lightness = dot(seen, LUMINANCE);
    colour = vec4(seen, lightness * lightness);
}
