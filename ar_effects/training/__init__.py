"""Learning tags from pictures (the extra `train`, which brings torch); nothing else imports it."""
