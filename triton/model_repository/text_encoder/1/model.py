"""Triton: texts to unit vectors."""

from training.serving.text import TritonPythonModel

__all__ = ["TritonPythonModel"]
