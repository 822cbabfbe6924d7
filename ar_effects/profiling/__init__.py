"""Where the time goes: a clock for each stage of the pipeline."""
