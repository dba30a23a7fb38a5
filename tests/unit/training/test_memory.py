"""Memory that is kept between steps."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from training.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(5):
        np.ones(16_000_000, np.float32)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

given_back = faults()
keep_freed_memory()
faults()
print(given_back, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators have habits of their own")
def test_large_blocks_are_not_cleared_anew_each_time():
    """64 MB are 15,625 pages: asked for five times, they come from the kernel once at most."""
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    given_back, kept = map(int, run.stdout.split())
    # The kernel may hand out pages of 2 MB, so that faults are fewer than small pages.
    assert kept < given_back / 10
