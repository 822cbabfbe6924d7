// Where what is put on the skin ends: at the eyes' and the mouth's contour within a pixel or two.
float beside_hole(float rim, float soft_px) {
    return clamp(rim / max(fwidth(rim) * soft_px, 1e-6), 0.0, 1.0);
}

const vec3 LUMINANCE = vec3(0.2126, 0.7152, 0.0722);
