"""Triton: features of candidates to scores."""

from training.serving.ranker import TritonPythonModel

__all__ = ["TritonPythonModel"]
