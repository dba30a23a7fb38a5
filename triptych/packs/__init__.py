"""Packs: folders of models that belong together. Read, verified, listed, chosen; none of it needs torch."""
