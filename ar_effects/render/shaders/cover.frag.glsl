// A covered place: its cells' means, each by itself or run into each other, or one colour.
#ifndef COLOUR
uniform sampler2D cells;
#endif
uniform vec4 grid;            // centre in pixels, (cos, sin) of its turn
uniform vec4 cell;            // side in pixels, samples a side, cells across, cells down
uniform vec4 outline;         // half width and height in pixels, softness of the edge, side of the cells' texture
uniform vec3 colour;          // linear
uniform float fine;           // pixels of the texture a cell

out vec4 result;              // premultiplied

float beyond(vec2 p) {
    p = abs(p) / outline.xy;
#ifdef BOX
    return max(p.x, p.y);
#else
    return length(p);
#endif
}

void main() {
    vec2 p = gl_FragCoord.xy - 0.5 - grid.xy;
    p = vec2(grid.z * p.x + grid.w * p.y, grid.z * p.y - grid.w * p.x);
#ifdef PIXELATE
    // Every cell that reaches into the outline is covered as a whole.
    vec2 index = floor(p / cell.x + 0.5 * cell.zw);
    vec2 middle = (index + 0.5 - 0.5 * cell.zw) * cell.x;
    if (beyond(max(abs(middle) - 0.5 * cell.x, 0.0)) > 1.0) discard;
    index = clamp(index, vec2(0.0), cell.zw - 1.0);
    result = vec4(texelFetch(cells, ivec2(index), 0).rgb, 1.0);
#else
    float cover = 1.0 - clamp((beyond(p) - 1.0) / outline.z, 0.0, 1.0);
    if (cover <= 0.0) discard;
#ifdef COLOUR
    result = vec4(colour, 1.0) * cover;
#else
    vec2 at = clamp((p / cell.x + 0.5 * cell.zw) * fine, vec2(0.5), cell.zw * fine - 0.5);
    result = vec4(texture(cells, at / outline.w).rgb, 1.0) * cover;
#endif
#endif
}
