"""Training of networks by hashtags: the extra ``train`` (torch). Nothing but the command line imports it."""
