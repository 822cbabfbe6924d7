// Occluders: fill depth and nothing else.
void main() {}
