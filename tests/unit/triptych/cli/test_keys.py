"""`triptych keys`: made, listed, revoked."""

import re

import pytest
from typer.testing import CliRunner

from triptych import keyring
from triptych.cli.main import app


@pytest.fixture
def run(tmp_path):
    """Run `triptych keys …` on a file that is not there yet."""
    path = tmp_path / "keys.json"

    def ran(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["keys", *arguments, "--file", str(path)])
        assert code == done.exit_code, done.output
        return done.output

    ran.path = path
    return ran


CREATE = ("create", "nightly feed", "--role", "write", "--catalog", "shop")


def test_a_key_is_shown_once(run):
    """The output is the key and nothing else, so that it can be put where it belongs; the file has its digest."""
    key = run(*CREATE, "--days", "30", "--requests-per-second", "50").strip()

    (kept,) = keyring.read(run.path).keys
    assert re.fullmatch(r"tk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}", key)
    assert (keyring.id_of(key), keyring.digest(key)) == (kept.id, kept.sha256)
    assert (("write",), ("shop",), 50.0, 30) == (
        kept.roles,
        kept.catalogs,
        kept.requests_per_second,
        (kept.expires - kept.created).days,
    )
    assert key not in run("list")


def test_keys_are_revoked(run):
    """And stay in the list: their ids stand in the audit log."""
    first, second = run(*CREATE).strip(), run(*CREATE).strip()

    run("revoke", keyring.id_of(first))

    state = {key.id: key.revoked is not None for key in keyring.read(run.path).keys}
    assert {keyring.id_of(first): True, keyring.id_of(second): False} == state
    assert {"revoked", "good"} <= set(run("list").split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("create", "a", "--role", "root", "--catalog", "shop"), "no role: root"),
        (("create", "a", "--role", "write", "--catalog", "Shop!"), "catalogs"),
        (
            ("create", "a", "--role", "write", "--catalog", "shop", "--requests-per-second", "0"),
            "requests_per_second",
        ),
        (
            ("create", "a", "--role", "write", "--catalog", "shop", "--requests-per-second", "inf"),
            "requests_per_second: Input should be a finite number",
        ),
        (("create", "a", "--role", "write", "--catalog", "shop", "--days", "1e9"), "--days"),
        (("revoke", "0123456789ab"), "has no key 0123456789ab"),
        (("list",), "keys.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_is_wrong_is_one_line(run, arguments, told):
    """With the exit code of bad input, and no file made."""
    output = run(*arguments, code=2)

    assert told in " ".join(output.split())
    assert not run.path.exists()
