// The picture as a small disc, as a mirror ball shows what is in front of it: towards the rim what is seen
// under a flat angle. Beyond the picture's edges its edges go on. Many looks to a texel keep it calm.
uniform sampler2D picture;
uniform float side; // of the disc's square, texels

out vec4 light;

const int LOOKS = 4;
const float REACH = 0.9; // tangent of the half angle that reaches the picture's edge

void main() {
    float texel = 2.0 / side;
    vec3 sum = vec3(0.0);
    for (int i = 0; i < LOOKS * LOOKS; i++) {
        vec2 within = (vec2(i % LOOKS, i / LOOKS) + 0.5) / float(LOOKS) - 0.5;
        vec2 disc = (gl_FragCoord.xy + 2.0 * within) * texel - 1.0;
        vec2 at = disc / max(1.0 - dot(disc, disc), 0.3) / REACH;
        sum += textureLod(picture, clamp(0.5 + 0.5 * at, 0.02, 0.98), 0.0).rgb;
    }
    light = vec4(sum / float(LOOKS * LOOKS), 1.0);
}
