// A covered place: its cells' means, each by itself or run into each other, or one colour.
#ifndef COLOUR
uniform sampler2D cells;
#endif
uniform vec4 grid;            // centre in pixels, (cos, sin) of its turn
uniform vec4 cell;            // side in pixels, samples a side, cells across, cells down
uniform vec4 outline;         // half width and height in pixels, softness of the edge, side of the cells' texture
uniform vec3 colour;          // linear

out vec4 result;              // premultiplied

float beyond(vec2 p) {
    p = abs(p) / outline.xy;
#ifdef BOX
    return max(p.x, p.y);
#else
    return length(p);
#endif
}

#ifdef BLUR
// The means as a cubic B-spline: four bilinear samples (Sigg and Hadwiger, GPU Gems 2, chapter 20).
vec3 smoothed(vec2 at) {
    vec2 corner = floor(at - 0.5) + 0.5, f = at - corner, g = 1.0 - f;
    vec2 w0 = g * g * g / 6.0, w3 = f * f * f / 6.0;
    vec2 w1 = 2.0 / 3.0 - 0.5 * f * f * (2.0 - f), w2 = 1.0 - w0 - w1 - w3;
    vec2 s0 = w0 + w1, s1 = w2 + w3, low = vec2(0.5), high = cell.zw - 0.5;
    vec2 p0 = clamp(corner - 1.0 + w1 / s0, low, high) / outline.w;
    vec2 p1 = clamp(corner + 1.0 + w3 / s1, low, high) / outline.w;
    return (texture(cells, p0).rgb * s0.x + texture(cells, vec2(p1.x, p0.y)).rgb * s1.x) * s0.y
         + (texture(cells, vec2(p0.x, p1.y)).rgb * s0.x + texture(cells, p1).rgb * s1.x) * s1.y;
}
#endif

void main() {
    vec2 p = gl_FragCoord.xy - 0.5 - grid.xy;
    p = vec2(grid.z * p.x + grid.w * p.y, grid.z * p.y - grid.w * p.x);
#ifdef PIXELATE
    // Every cell that reaches into the outline is covered as a whole.
    vec2 index = floor(p / cell.x + 0.5 * cell.zw);
    vec2 middle = (index + 0.5 - 0.5 * cell.zw) * cell.x;
    if (beyond(max(abs(middle) - 0.5 * cell.x, 0.0)) > 1.0) discard;
    index = clamp(index, vec2(0.0), cell.zw - 1.0);
    result = vec4(texture(cells, (index + 0.5) / outline.w).rgb, 1.0);
#else
    float cover = 1.0 - clamp((beyond(p) - 1.0) / outline.z, 0.0, 1.0);
    if (cover <= 0.0) discard;
#ifdef COLOUR
    result = vec4(colour, 1.0) * cover;
#else
    result = vec4(smoothed(p / cell.x + 0.5 * cell.zw), 1.0) * cover;
#endif
#endif
}
