"""What a caller may do at the gateway."""

from enum import IntEnum

# Stands for every catalogue, those of tomorrow too.
EVERY_CATALOG = "*"


class Role(IntEnum):
    """Each may do what those below it may."""

    SEARCH = 1
    WRITE = 2
    ADMIN = 3
