// The skin's colour times how well it is seen, and that weight. Sixteen looks to a texel of the map.
uniform sampler2D picture;

in vec2 seen_at;
in float facing;

out vec4 skin;

void main() {
    vec2 dx = dFdx(seen_at), dy = dFdy(seen_at);
    vec3 sum = vec3(0.0);
    for (int i = 0; i < 16; i++) {
        vec2 offset = (vec2(i & 3, i >> 2) - 1.5) / 4.0;
        sum += textureLod(picture, seen_at + offset.x * dx + offset.y * dy, 0.0).rgb;
    }
    vec2 within = step(vec2(0.0), seen_at) * step(seen_at, vec2(1.0));
    float weight = within.x * within.y * (0.02 + smoothstep(0.1, 0.6, facing));
    skin = vec4(sum / 16.0, 1.0) * weight;
}
