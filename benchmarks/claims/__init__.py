"""Six claims of the papers on learning from hashtags, tested on real photographs; docs/claims.md has them."""
