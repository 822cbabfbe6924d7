// What is behind and what is person, apart, at a fraction of the size: weighted sums of colours, and the weights.
// Pixels that are both belong to neither. LEVEL: pixels to one of these, a side.
uniform sampler2D picture, matte;
uniform vec2 size;   // of the picture

in vec2 place;
layout(location = 0) out vec4 behind;
layout(location = 1) out vec4 person;

void main() {
    behind = person = vec4(0.0);
    for (float y = 1.0; y < LEVEL; y += 2.0) {
        for (float x = 1.0; x < LEVEL; x += 2.0) {
            // between four pixels: the sampler takes their mean
            vec2 at = place + (vec2(x, y) - 0.5 * LEVEL) / size;
            vec4 colour = vec4(texture(picture, at).rgb, 1.0);
            float share = texture(matte, at).r;
            behind += colour * max(1.0 - 2.0 * share, 0.0);
            person += colour * max(2.0 * share - 1.0, 0.0);
        }
    }
    float count = 0.25 * LEVEL * LEVEL;
    behind /= count;
    person /= count;
}
