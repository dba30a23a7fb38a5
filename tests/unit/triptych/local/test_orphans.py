import os
import subprocess
import sys

from triptych.local.orphans import end_orphans, listener, orphans
from triptych.local.supervisord import MARK


def sleeper(mark):
    environment = {**os.environ, MARK: mark}
    code = "import sys, time; print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def test_only_processes_of_this_suite_are_ended(tmp_path):
    """Another suite on the machine goes on."""
    mine, other = sleeper(str(tmp_path / "mine")), sleeper(str(tmp_path / "other"))
    try:
        assert [mine.pid] == [process.pid for process in orphans(tmp_path / "mine")]

        assert 1 == end_orphans(tmp_path / "mine")

        assert mine.poll() is not None
        assert other.poll() is None
    finally:
        for process in (mine, other):
            process.kill()
            process.communicate()


def test_one_that_ends_by_itself_is_no_trouble(tmp_path, monkeypatch):
    """In the moment between being found and being killed."""
    gone = sleeper(str(tmp_path))
    found = orphans(tmp_path)
    gone.kill()
    gone.communicate()
    monkeypatch.setattr("triptych.local.orphans.orphans", lambda _: found)

    assert 1 == end_orphans(tmp_path)


def test_the_command_itself_is_no_orphan(tmp_path, monkeypatch):
    """A command that was started from within the suite does not end itself."""
    monkeypatch.setenv(MARK, str(tmp_path))

    assert 0 == end_orphans(tmp_path)


def test_nobody_listens_on_a_free_port(free_port):
    """No name is made up."""
    assert "" == listener(free_port)
