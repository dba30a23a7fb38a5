"""Triton: pictures to unit vectors."""

from training.serving.image import TritonPythonModel

__all__ = ["TritonPythonModel"]
