// A line with smooth edges, by its distance, and the light around it; laid over the picture as a screen does.
uniform vec4 colour;      // linear, and how bright
uniform float width_px;
uniform float glow_px;
uniform float glow;
uniform float faded;      // what is left of lines that turn away

in vec2 along;
flat in float length_px;
in float facing;

out vec4 light;

void main() {
    float beyond = max(max(-along.x, along.x - length_px), 0.0);
    float way = length(vec2(beyond, along.y));
    // thinner than a pixel it is a pixel wide and dimmer
    float line = clamp(0.5 * max(width_px, 1.0) + 0.5 - way, 0.0, 1.0) * min(width_px, 1.0);
    float around = 0.0;
    if (glow_px > 0.0) {
        float t = clamp(1.0 - max(way - 0.5 * width_px, 0.0) / glow_px, 0.0, 1.0);
        around = 0.35 * glow * t * t * t;
    }
    float bright = colour.a * mix(faded, 1.0, smoothstep(-0.05, 0.35, facing));
    vec3 hot = mix(colour.rgb, vec3(1.0), 0.45 * line * glow); // what glows is white in its middle
    light = vec4(hot * line + colour.rgb * around, max(line, around)) * bright;
}
