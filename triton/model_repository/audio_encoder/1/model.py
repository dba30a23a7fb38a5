"""Triton: waveforms to unit vectors."""

from training.serving.audio import TritonPythonModel

__all__ = ["TritonPythonModel"]
