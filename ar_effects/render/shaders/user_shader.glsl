// What stands before a pack's own fragment shader.
#include "srgb.glsl"

uniform sampler2D picture; // reading it gives linear light
uniform vec2 size;         // of the picture, pixels
uniform float time_s;

in vec2 place;             // 0..1, (0, 0) the picture's top left
out vec4 result;           // linear light
