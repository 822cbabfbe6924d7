// What all draws of a frame share.
layout(std140) uniform Frame {
    mat4 clip_from_camera;
    vec4 irradiance_sh[9];
    vec4 lod;      // the panorama's last level, share of the picture in reflections, its map's last level
    vec4 gain;     // rgb, on what the panorama sends
    vec4 tilt[3];  // rgb: how much more it sends from +X, +Y, +Z
};
