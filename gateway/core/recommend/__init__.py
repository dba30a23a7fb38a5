"""Recommendations: what a customer did, to what may be wanted next."""
