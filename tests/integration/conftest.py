"""Small and read-only disks."""

import subprocess

import pytest


def sh(*command) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


@pytest.fixture
def disk(tmp_path):
    """Returns a function that mounts a disk with those options, such as "size=1m", in memory, or changes them."""
    folder = tmp_path / "disk"
    folder.mkdir()

    def mount(options: str):
        change = f"remount,{options}" if folder.is_mount() else options
        done = sh("mount", "-t", "tmpfs", "-o", change, "tmpfs", folder)
        if done.returncode:
            pytest.skip(f"a disk in memory cannot be mounted here: {done.stderr.strip()}")
        return folder

    yield mount
    if folder.is_mount():
        assert 0 == sh("umount", "-l", folder).returncode
