"""What moves by itself on a face: spring bones and particles."""
