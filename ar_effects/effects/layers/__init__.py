"""One module for each kind of layer; ``packs/layer_kinds.py`` lists them by name."""
