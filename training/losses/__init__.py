"""Losses, one per file, each a pure function of tensors."""
