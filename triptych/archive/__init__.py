"""Catalogues in files: Parquet with the products and all their vectors, and a manifest."""
