// The mean of each cell of a turned grid over the picture, in linear light: one pixel a cell. What lies
// outside of the picture does not count.
uniform sampler2D picture;
uniform vec2 size;
uniform vec4 grid;            // centre in pixels, (cos, sin) of its turn
uniform vec4 cell;            // side in pixels, samples a side, cells across, cells down

out vec4 result;

void main() {
    vec4 sum = vec4(0.0);
    float samples = cell.y;
    vec2 corner = floor(gl_FragCoord.xy) - 0.5 * cell.zw;
    for (float j = 0.5; j < samples; j += 1.0)
        for (float i = 0.5; i < samples; i += 1.0) {
            vec2 p = (corner + vec2(i, j) / samples) * cell.x;
            p = grid.xy + vec2(grid.z * p.x - grid.w * p.y, grid.w * p.x + grid.z * p.y);
            p = (p + 0.5) / size;
            float counts = all(equal(p, clamp(p, 0.0, 1.0))) ? 1.0 : 1e-6;
            sum += vec4(textureLod(picture, p, 0.0).rgb, 1.0) * counts;
        }
    result = vec4(sum.rgb / sum.a, 1.0);
}
