"""The face as a shape: the canonical face, its topology, and what follows from where a tracked one is."""
