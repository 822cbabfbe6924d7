"""Makes the tagger's head that ships."""
