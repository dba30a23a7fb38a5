"""Cheap variety for training: pure functions of a picture, a sound or a text and a numpy Generator."""
