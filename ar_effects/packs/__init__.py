"""Effect packs as data: folder, manifest, checks, bundles, and where packs are found."""
