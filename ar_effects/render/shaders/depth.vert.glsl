// Occluders: fill depth and nothing else.
#include "frame.glsl"
layout(std140) uniform Draw { mat4 camera_from_model; mat4 camera_from_normal; };

in vec3 in_position;

void main() {
    gl_Position = clip_from_camera * (camera_from_model * vec4(in_position, 1.0));
}
