"""Contrastive training: encoders of several modalities learn one shared space, from a recipe to a pack."""
