"""The networks that are trained, their published weights, and what they cost."""
