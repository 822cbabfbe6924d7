"""Head pose from landmarks: the solver, its compiled steps, and what it knows of faces."""
