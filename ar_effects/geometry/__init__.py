"""Pure functions and small records on arrays: rotations, transforms, the pinhole camera, similarities."""
