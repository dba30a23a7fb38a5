"""What is misconfigured, why it matters, and how to mend it.

`world.py` says what is looked at, `gathering.py` gathers it from this machine, `checks_*.py` hold the checks: each a
function from the world to findings, in a list. A check that has nothing to look at finds nothing.
"""
