// Cells run into each other: a cubic B-spline of their means, FINE pixels a cell, by four bilinear samples
// (Sigg and Hadwiger, "Fast Third-Order Texture Filtering", GPU Gems 2, chapter 20).
uniform sampler2D cells;
uniform vec3 count;           // cells across, cells down, side of the cells' texture

out vec4 result;

void main() {
    vec2 at = gl_FragCoord.xy / float(FINE);
    vec2 corner = floor(at - 0.5) + 0.5, f = at - corner, g = 1.0 - f;
    vec2 w0 = g * g * g / 6.0, w3 = f * f * f / 6.0;
    vec2 w1 = 2.0 / 3.0 - 0.5 * f * f * (2.0 - f), w2 = 1.0 - w0 - w1 - w3;
    vec2 s0 = w0 + w1, s1 = w2 + w3, low = vec2(0.5), high = count.xy - 0.5;
    vec2 p0 = clamp(corner - 1.0 + w1 / s0, low, high) / count.z;
    vec2 p1 = clamp(corner + 1.0 + w3 / s1, low, high) / count.z;
    vec3 sum = (texture(cells, p0).rgb * s0.x + texture(cells, vec2(p1.x, p0.y)).rgb * s1.x) * s0.y
             + (texture(cells, vec2(p0.x, p1.y)).rgb * s0.x + texture(cells, p1).rgb * s1.x) * s1.y;
    result = vec4(sum, 1.0);
}
