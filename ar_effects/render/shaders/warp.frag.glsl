// The picture as it is at another place.
uniform sampler2D picture;
uniform vec2 size;

in vec2 read;
in vec2 moved;
out vec4 result;

const float STILL_PX = 1.0 / 256.0;

void main() {
    if (max(abs(moved.x), abs(moved.y)) < STILL_PX) discard; // bit for bit as it was
    result = texture(picture, (read + 0.5) / size);
}
