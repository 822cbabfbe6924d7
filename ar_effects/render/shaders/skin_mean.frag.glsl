// Means along one axis, RADIUS to both sides. GAIN: then from the means of colour and squared lightness the guided filter's
// coefficients, what is added and the gain (He, Sun, Tang 2010, equations 5 and 6, guide and input the same).
// CHANGE: from the means of those, by what a colour is changed: rgb + a * colour.
#include "skin_edges.glsl"
#include "skin_hue.glsl"

uniform sampler2D map;
uniform ivec2 last; // texel that is used
uniform ivec2 way;
#ifdef GAIN
uniform float noise;
#endif
#ifdef CHANGE
uniform sampler2D small; // the face, reduced
uniform sampler2D mean;  // one texel: the skin's colour, linear
uniform float grain;
#endif

out vec4 result;

void main() {
    ivec2 here = ivec2(gl_FragCoord.xy);
    vec4 sum = vec4(0.0);
    for (int i = -RADIUS; i <= RADIUS; i++) {
        sum += texelFetch(map, clamp(here + way * i, ivec2(0), last), 0);
    }
    result = sum / float(2 * RADIUS + 1);
#ifdef GAIN
    float lightness = dot(result.rgb, LUMINANCE);
    float variance = max(result.a - lightness * lightness, 0.0);
    float gain = variance / (variance + noise);
    result = vec4(result.rgb * (1.0 - gain), gain);
#endif
#ifdef CHANGE
    // gain * colour + added + grain * (1 - gain) * (colour - around) - colour
    vec3 around = texelFetch(small, here, 0).rgb;
    float rest = grain * (1.0 - result.a);
    result = vec4(result.rgb - rest * around, result.a + rest - 1.0);
    result *= how_much_skin(around, skin_colour(texelFetch(mean, ivec2(0), 0).rgb));
#endif
}
