// Vertices of the tracked face's mesh. Positions are pixels of the picture, whose row 0 is row 0 of the
// framebuffer; the depth grows with the distance, and only faces share this depth buffer.
uniform vec2 size;

in vec3 in_place;       // x, y in pixels; distance from the camera's plane in millimetres
in vec3 in_normal;      // camera frame
in vec2 in_uv;
in float in_border_mm;  // way to the mesh's outline on the mean face
in vec2 in_rims;        // 0 on the contour of the eyes, of the mouth; 1 elsewhere

const float NEAR_MM = 10.0;

invariant gl_Position;

vec4 clip_from_place(vec3 place) {
    vec2 clip = 2.0 * (place.xy + 0.5) / size - 1.0;
    float distance_mm = max(place.z, NEAR_MM);
    // multiplied by the distance, so that what is interpolated keeps its perspective
    return vec4(clip, 1.0 - 2.0 * NEAR_MM / distance_mm, 1.0) * distance_mm;
}
