"""Requests that break one bound each of the public schema, and how each is to be refused."""
