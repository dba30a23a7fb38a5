"""Triton: several weighted vectors to one."""

from training.serving.fusion import TritonPythonModel

__all__ = ["TritonPythonModel"]
