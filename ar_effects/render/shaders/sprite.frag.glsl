// A flat picture in space, as it is: no light but its own. Colours leave premultiplied.
uniform sampler2D sprite;
uniform float opacity;
uniform float additive; // 1: covers nothing, only adds its light

in vec2 uv;
out vec4 result;

#ifdef STREAM
vec4 texel(ivec2 at, ivec2 last) {
    vec4 c = texelFetch(sprite, clamp(at, ivec2(0), last), 0);
    return vec4(c.rgb * c.a, c.a);
}

// moving pictures have straight alpha: multiplied here before they are filtered
vec4 pixel() {
    ivec2 size = textureSize(sprite, 0);
    vec2 place = uv * vec2(size) - 0.5;
    ivec2 at = ivec2(floor(place)), last = size - 1;
    vec2 part = place - floor(place);
    return mix(mix(texel(at, last), texel(at + ivec2(1, 0), last), part.x),
               mix(texel(at + ivec2(0, 1), last), texel(at + ivec2(1, 1), last), part.x), part.y);
}
#else
vec4 pixel() {
    return texture(sprite, uv);
}
#endif

void main() {
    vec4 c = pixel() * opacity;
    // where the picture ends it fades within a pixel: the border may cut through opaque texels
    vec2 wide = max(fwidth(uv), vec2(1e-6));
    vec2 inside = clamp(min(uv, 1.0 - uv) / wide + 0.5, 0.0, 1.0);
    c *= inside.x * inside.y;
    result = vec4(c.rgb, c.a * (1.0 - additive));
}
