"""Triton: pictures to sentences."""

from training.serving.describer import TritonPythonModel

__all__ = ["TritonPythonModel"]
