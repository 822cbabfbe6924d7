// Which colours are skin: hair, glasses and beards lie on the mesh, too; their hue or their darkness tells.
// Colours are square roots of light.
vec3 skin_colour(vec3 mean) {
    return sqrt(mean) + 1e-3;
}

float how_much_skin(vec3 colour, vec3 usual) {
    float lightness = dot(colour, LUMINANCE), usual_lightness = dot(usual, LUMINANCE);
    float far = length(colour / max(lightness, 0.02) - usual / usual_lightness);
    return (1.0 - smoothstep(0.35, 0.7, far)) * smoothstep(0.3, 0.6, lightness / usual_lightness);
}
