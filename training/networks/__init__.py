"""The networks of a model pack: torch only, used by training and by Triton's models alike."""
