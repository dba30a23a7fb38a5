"""Triton: speech to words and what they mean."""

from training.serving.transcriber import TritonPythonModel

__all__ = ["TritonPythonModel"]
