"""Where pictures go: recordings and photos, whole or not at all."""
