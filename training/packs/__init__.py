"""Writing packs: a folder of models with its facts, its card and its checksums."""
