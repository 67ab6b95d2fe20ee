"""Use cases of intake, each: load, decide, save."""
