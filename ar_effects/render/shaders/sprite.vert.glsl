// A flat picture in space: one strip of two triangles.
#include "frame.glsl"
uniform mat4 camera_from_sprite;

out vec2 uv; // (0, 0) the picture's top left

void main() {
    vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
    uv = vec2(corner.x, 1.0 - corner.y);
    gl_Position = clip_from_camera * (camera_from_sprite * vec4(corner - 0.5, 0.0, 1.0));
}
