"""Ranking networks: learning to put a query's candidates in order from features of each."""
