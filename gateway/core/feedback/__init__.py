"""Feedback: what customers did with what they were shown."""
