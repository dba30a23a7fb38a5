"""Filters: what a product must be like to be found at all.

model.py     the tree that a filter means
"""
