"""Makes the tagger's head for everyday things from photographs that may be shipped."""
