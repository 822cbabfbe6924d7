"""Where every picture and every video enters: decoding, orientation, shape, colour, transparency."""
