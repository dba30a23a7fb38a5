"""What is wrong with a call is one line and exit code 2, whatever it is. None of these reaches a gateway."""

import json

import pytest
from typer.testing import CliRunner

from triptych.cli.main import app

# FILES stands for a folder with what `files` writes.
CALLS = [
    (["train", "FILES/none", "--to", "FILES/pack"], "there is no such file"),
    (["train", "FILES/[/up]", "--to", "FILES/pack"], "[/up]: there is no such file"),
    (["train", "FILES/empty", "--to", "FILES/pack"], "the folder is empty"),
    (["train", "FILES/empty", "--to", "FILES/pack", "--recipe", "FILES/broken.toml"], "not a TOML file"),
    (["train", "FILES/shop", "--to", "FILES/broken.toml/pack"], "broken.toml"),
    (["train-ranker", "FILES/none", "--to", "FILES/pack"], "is no pack: it has no pack.json"),
    (["evaluate", "FILES/empty", "--pack", "triptych-demo"], "the folder is empty"),
    (["evaluate", "FILES/none", "--pack", "triptych-demo"], "there is no such file"),
    (["evaluate", "--compare", "FILES/none", "FILES/empty"], "is no report of an evaluation"),
    (["export", "nobody", "--to", "FILES/nobody.tar.gz"], "there is no pack 'nobody'"),
    (["export", "[/up]", "--to", "FILES/nobody.tar.gz"], "there is no pack '[/up]'"),
    (["export", "triptych-demo", "--to", "FILES/broken.toml/demo.tar.gz"], "broken.toml"),
    (["pack", "use", "nobody"], "there is no pack 'nobody'"),
    (["pack", "use", "FILES/empty"], "is no pack: it has no pack.json"),
    (["pack", "import", "FILES/none.tar.gz"], "cannot be unpacked: No such file"),
    (["pack", "import", "FILES/junk.tar.gz"], "is no archive of a pack"),
    (["pack", "import", "FILES/empty", "--kind", "pickle"], "--kind transformers | open_clip | onnx"),
    (["pack", "import", "FILES/empty", "--kind", "transformers"], "name the licence"),
    (["pack", "import", "FILES/empty", "--kind", "transformers", "--licence", "MIT"], "no config.json"),
    (["pack", "import", "FILES/junk.onnx", "--kind", "onnx", "--licence", "MIT"], "is no ONNX model"),
    (["pack", "import", "FILES/none", "--kind", "onnx", "--licence", "MIT"], "is no .onnx file"),
    (["speech", "--to", "triptych-demo", "--whisper", "FILES/empty"], "holds no .safetensors"),
    (["search", "--text", "a", "--boost", "freshness:0.1:inf"], "--boost freshness:0.1:inf: a boost is"),
    (["restore", "FILES/broken.toml"], "broken.toml/manifest.json: Not a directory"),
    (["recommend", "--events", "FILES/latin1"], "latin1: not UTF-8"),
    (["upgrade", "start", "--queries", "FILES/latin1"], "latin1: not UTF-8"),
    (["update", "p", "--set", "price=7", "--time", "noon"], "--set or --time: Failed to parse update_time"),
    (["update", "p", "--set", "tags=5"], "no field named "),
    (["status", "--part", "gateway=here"], "not 'gateway=here'"),
    (["--api-key-file", "FILES/latin1", "get", "p"], "latin1: not UTF-8"),
    (["--api-key-file", "FILES/shop/manifest.jsonl", "get", "p"], "printable ASCII"),
    (["--tls-ca", "FILES/broken.toml", "get", "p"], "broken.toml: no certificates in PEM"),
    (["--tls-cert", "FILES/broken.toml", "--tls-key", "FILES/broken.toml", "get", "p"], "tls_ca"),
]
# Of the suite, by commands that look at it.
VARIABLES = [
    ({"TRIPTYCH_SEARCH_PORT": "abc"}, "TRIPTYCH_SEARCH_PORT: Input should be a valid integer"),
    ({"TRIPTYCH_TRACING_RATIO": "2"}, "TRIPTYCH_TRACING_RATIO: Input should be less than"),
]


@pytest.fixture
def files(tmp_path):
    """An empty folder, texts of two classes, and files that are not what their names say."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "shop").mkdir()
    products = [{"id": str(at), "text": f"no. {at}", "label": "mug" if at % 2 else "hat"} for at in range(12)]
    (tmp_path / "shop" / "manifest.jsonl").write_text("".join(json.dumps(one) + "\n" for one in products))
    for name in ("broken.toml", "junk.tar.gz", "junk.onnx"):
        (tmp_path / name).write_text("[junk")
    (tmp_path / "latin1").write_bytes("café".encode("latin-1"))
    return tmp_path


def written(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(("call", "said"), CALLS, ids=[" ".join(call) for call, _ in CALLS])
def test_what_is_wrong_is_said_in_one_line(files, monkeypatch, call, said):
    """No traceback, and nothing is written."""
    monkeypatch.setenv("TRIPTYCH_PACKS", str(files / "packs"))
    monkeypatch.setenv("TRIPTYCH_STATE", str(files / "state"))
    monkeypatch.setenv("TRIPTYCH_ADDRESS", "127.0.0.1:1")
    monkeypatch.delenv("TRIPTYCH_MODEL_REPOSITORY", raising=False)
    before = written(files)

    result = CliRunner().invoke(app, [word.replace("FILES", str(files)) for word in call])

    assert isinstance(result.exception, SystemExit), result.output
    assert 2 == result.exit_code
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error ")]
    assert said in line
    assert before == written(files)


@pytest.mark.parametrize("command", ["status", "doctor", "up", "down"])
@pytest.mark.parametrize(("variables", "said"), VARIABLES, ids=["no number", "out of bounds"])
def test_a_wrong_setting_is_named(command, variables, said):
    """By its variable, in one line."""
    result = CliRunner().invoke(app, [command], env=variables)

    assert (2, True) == (result.exit_code, said in result.stderr), result.output
