// Scratches and dust: soft across, nearly full along. Colours are premultiplied and encoded.
in vec2 at;
flat in vec2 light_strength;

out vec4 result;

void main() {
    vec2 q = at * at;
    float cover = light_strength.y * clamp(1.4 - 1.4 * (q.x + q.y * q.y), 0.0, 1.0);
    result = vec4(vec3(light_strength.x) * cover, cover);
}
