"""A folder that cannot be written: its name is said in one line, nothing hangs."""

import json
import os
import subprocess
import sys

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from services.search.adapters.sqlite.store import SqliteStore
from triptych.cli.main import app
from triptych.vocabulary.errors import Unavailable


@pytest.fixture
def read_only(disk):
    """A folder that even root cannot write to; it holds a file of products."""
    folder = disk("size=2m")
    (folder / "suite").mkdir()
    (folder / "products.jsonl").write_text('{"id": "a", "title": "mug"}\n')
    disk("ro")
    return folder


@pytest.mark.parametrize("state", ["suite", "missing"])
@pytest.mark.parametrize("command", ["up", "down"])
def test_the_suite_says_which_folder(read_only, command, state):
    """Whether it is there or is to be made."""
    result = CliRunner().invoke(app, [command, "--state", str(read_only / state)])

    assert isinstance(result.exception, SystemExit)
    (line,) = result.stderr.splitlines()
    assert f"{read_only / state} cannot be written: Read-only file system" in line


def test_an_ingest_says_which_file_before_it_sends(read_only, tmp_path):
    """The file of errors stands beside the products, how far it came below the state."""
    call = ["ingest", str(read_only / "products.jsonl"), "--address", "127.0.0.1:1"]
    result = CliRunner().invoke(app, [*call, "--state", str(tmp_path)])

    assert 2 == result.exit_code
    assert "products.errors.jsonl: Read-only file system" in result.stderr


def test_the_encoder_logs_which_folder(read_only):
    """As one line of its log, with no traceback; it ends."""
    environment = {**os.environ, "TRIPTYCH_ENCODER_MEDIA_STORE": str(read_only / "media")}
    command = [sys.executable, "-m", "services.encoder.main"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)

    (said,) = [json.loads(line) for line in ended.stderr.splitlines()]
    assert (1, "error", "cannot start") == (ended.returncode, said["level"], said["event"])
    assert (str(read_only / "media"), "Read-only file system") == (said["path"], said["why"])


@pytest.mark.parametrize("folder", ["suite", "missing"])
async def test_the_lexical_index_logs_which_file(read_only, folder):
    """Its room is not ready meanwhile, and asks again."""
    store = SqliteStore(read_only / folder / "lexical.db")
    with capture_logs() as logs, pytest.raises(Unavailable):
        await store.open()
    await store.close()

    assert [str(store.path)] == [entry["path"] for entry in logs]
