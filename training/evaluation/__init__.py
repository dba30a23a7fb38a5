"""How good a pack is: metrics, queries, answers offline or through the suite, reports, comparisons."""
