"""The window: the newest frame with its effect, keys, panel, and captions."""
