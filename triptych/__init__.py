"""Triptych: products found by what a customer writes, shows or says."""
