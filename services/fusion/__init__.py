"""Fusion: weighted vectors of several modalities in, one vector out."""
