"""From packs and tracked faces to a draw list, with no OpenGL in it."""
