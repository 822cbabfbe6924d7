// Occluders: fill depth and nothing else.
layout(std140) uniform Frame { mat4 clip_from_camera; vec4 irradiance_sh[9]; vec4 lod; };
layout(std140) uniform Draw { mat4 camera_from_model; mat4 camera_from_normal; };

in vec3 in_position;

void main() {
    gl_Position = clip_from_camera * (camera_from_model * vec4(in_position, 1.0));
}
