"""Filters: what a product must be like to be found at all.

model.py     the tree that a filter means
syntax.py    from its text to what it says: the grammar
parse.py     from what it says to what it means: fields, attributes and kinds of values
times.py     times of RFC 3339 as seconds
evaluate.py  whether it holds of a product; the yardstick of everything that is compiled from it
parts.py     taking a filter apart
"""
