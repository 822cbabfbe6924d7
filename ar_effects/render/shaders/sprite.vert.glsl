// A flat picture in space: one strip of two triangles for each box of it that is not clear.
#include "frame.glsl"
uniform mat4 camera_from_sprite;
uniform vec4 boxes[BOXES]; // left, top, right, bottom as shares of the picture

out vec2 uv; // (0, 0) the picture's top left

void main() {
    vec4 box = boxes[gl_InstanceID];
    uv = vec2((gl_VertexID & 1) == 0 ? box.x : box.z, gl_VertexID < 2 ? box.w : box.y);
    gl_Position = clip_from_camera * (camera_from_sprite * vec4(uv.x - 0.5, 0.5 - uv.y, 0.0, 1.0));
}
