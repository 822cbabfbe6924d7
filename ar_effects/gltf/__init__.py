"""glTF 2.0 files as models: the container, its JSON, geometry, materials, and what moves."""
