"""Ranker: candidates in, order out."""
