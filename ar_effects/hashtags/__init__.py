"""Hashtags of pictures: words, canonical tags, the posts they come from, and the tagger that gives them."""
