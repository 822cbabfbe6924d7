"""For designers: contact sheets, the cost of a pack, and whether its shaders compile."""
