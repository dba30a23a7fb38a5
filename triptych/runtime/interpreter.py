"""What a process that serves asks of its interpreter: sums in one thread, and no pauses for what will not be garbage."""

import gc

from threadpoolctl import threadpool_limits

# How many more objects than before there are until the youngest are looked at, and how many of these looks come before
# one at older ones. A search makes some thousand objects; with Python's own numbers every fortieth looked at all there
# are, which took 0.1 s.
YOUNG_OBJECTS, YOUNG_LOOKS, OLD_LOOKS = 10_000, 20, 50


def sum_in_one_thread() -> None:
    """Keep BLAS from threads of its own; to be called when whatever brings one is imported.

    A room works on many requests at once, each of small vectors. BLAS's threads gain nothing there, and each waits for
    the next sum by turning round and round for milliseconds: two thirds of the CPU time of the search room.
    """
    threadpool_limits(limits=1, user_api="blas")


def settle() -> None:
    """Take what is there for lasting: the garbage collector looks only at what is made from now on (`gc.freeze`)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, OLD_LOOKS)
