import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from triptych.local.bound import bound_command

PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:])
print(child.pid, flush=True)
child.wait()
"""


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_program_runs_with_its_arguments():
    """What stands behind the interpreter is what runs."""
    command = bound_command([sys.executable, "-c", "import sys; print(sys.argv[1:])", "a b"])

    assert "['a b']\n" == subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_killed_parent_takes_its_child_along(tmp_path):
    """Not even kill -9 of the supervisor leaves a part running."""
    started = tmp_path / "started"
    code = f"import pathlib, time; pathlib.Path({str(started)!r}).touch(); time.sleep(60)"
    command = [sys.executable, "-c", PARENT, *bound_command([sys.executable, "-c", code])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        wait_until(started.exists)

        os.kill(parent.pid, signal.SIGKILL)

        wait_until(lambda: not is_alive(child))


def wait_until(condition, patience_s=20):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
