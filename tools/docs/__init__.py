"""Makes the pictures of the documentation: ``python -m tools.docs``."""
