"""Why products stand where they do, in numbers that can be checked."""
