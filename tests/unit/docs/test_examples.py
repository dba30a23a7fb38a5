"""What the README and the pages show can be typed: calls, fields and options are those of the code."""

import ast
import importlib
import importlib.util
import inspect
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.type.money_pb2 import Money

import triptych.client
from tests.unit.docs.examples import ROOT, fenced, shown
from tests.unit.docs.schema import PUBLIC, SERVICES
from tests.unit.triptych.cli.conftest import gateway  # noqa: F401 - a fixture
from triptych.cli.judgement_files import read_judgements, read_photos
from triptych.cli.main import app
from triptych.client import Client
from triptych.runtime.validation import validate
from triptych.v1 import product_search_service_pb2, types_pb2

# What the examples take for granted: `shop` is a client, and the reader has products, ids, times and a price.
PICTURES = ("photo.jpg", "sofa.jpg")


def cased(found):
    """One case per page for pytest, with what that page shows."""
    by_page = {}
    for example, *more in found:
        by_page.setdefault(str(example.page.relative_to(ROOT)), []).append((example, *more))
    return pytest.mark.parametrize(
        "examples", [pytest.param(each, id=page) for page, each in by_page.items()]
    )


@cased(shown("triptych"))
def test_commands_can_be_typed(examples):
    """Commands and options are those of the command line; what runs as it stands lacks nothing."""
    for example, words in examples:
        try:
            parse(typer.main.get_command(app), words, whole=example.is_whole)
        except Exception as error:  # noqa: BLE001 - Typer's own ones have no public name
            pytest.fail(f"{example}: {error!r} {getattr(error, 'message', '')}")


def parse(command, words, *, whole):
    """Let *command* take *words* apart as it would to run; files need not be there."""
    context = command.context_class(command, info_name="triptych")
    options, rest, _ = command.make_parser(context).parse_args(list(words))
    if hasattr(command, "resolve_command"):
        if rest:
            _, command, rest = command.resolve_command(context, rest)
            parse(command, rest, whole=whole)
        return
    assert [] == rest
    needed = [each.name for each in command.get_params(context) if whole and each.required]
    assert [] == [each for each in needed if not options.get(each)]


@cased(shown("python -m"))
def test_modules_can_be_run(examples):
    """A module that a page runs is there, and its options are said in its source."""
    for example, (module, *words) in examples:
        if module in ("pip", "venv"):
            continue
        found = importlib.util.find_spec(module)
        if found is not None and found.submodule_search_locations:
            found = importlib.util.find_spec(f"{module}.__main__")
        assert found is not None, str(example)
        known = names_in(found.origin)
        options = [word.partition("=")[0] for word in words if word.startswith("--")]
        assert [] == [each for each in options if not {each, each[2:].replace("-", "_")} & known], str(
            example
        )


def names_in(file) -> set[str]:
    """Return the strings of a module and the parameters of its functions, of which options are made."""
    tree = ast.parse(Path(file).read_text())
    strings = {each.value for each in ast.walk(tree) if isinstance(each, ast.Constant)}
    return strings | {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}


@cased(shown("buf curl"))
def test_requests_of_foreign_clients_are_of_the_schema(examples):
    """The method exists, the JSON is a request of it, and the request breaks no rule."""
    for example, words in examples:
        if not example.is_whole or "--list-methods" in words:
            continue
        address = next(each for each in words if each.startswith("http://"))
        service, method = address.rpartition("triptych.v1.")[2].split("/")
        made = message_of(SERVICES[service].methods_by_name[method].input_type)
        validate(ParseDict(json.loads(words[words.index("--data") + 1]), made))


def message_of(descriptor) -> Message:
    return next(getattr(module, descriptor.name) for module in PUBLIC if hasattr(module, descriptor.name))()


def python_blocks(*, of_training):
    """One case per page, with its blocks in order: later ones go on from earlier ones."""
    by_page = {}
    for block in fenced("python"):
        page = str(block.page.relative_to(ROOT))
        if page.startswith("docs/training/") is of_training:
            by_page.setdefault(page, []).append(block)
    return pytest.mark.parametrize("blocks", [pytest.param(each, id=page) for page, each in by_page.items()])


@python_blocks(of_training=False)
def test_code_for_shops_runs(blocks, gateway, tmp_path, monkeypatch):  # noqa: F811 - the fixture
    """Each block runs as it stands, with nothing but what the page itself imports and what a shop has."""

    class OfThePage(Client):
        def __init__(self, address: str) -> None:
            super().__init__(gateway.address)

        def close(self) -> None:
            """Blocks that follow speak of the same shop."""

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(triptych.client, "Client", OfThePage)
    for name in PICTURES:
        (tmp_path / name).write_bytes(b"a picture")
    stocked = [types_pb2.Product(id=f"mug-{number}", title="red mug") for number in range(3)]
    gateway.products = {each.id: each for each in stocked}
    gateway.answer.degradations.add(step=product_search_service_pb2.Degradation.STEP_RANKING)
    shop = OfThePage("")
    known = {
        "shop": shop,
        "Client": OfThePage,
        "products": stocked,
        "ids": [each.id for each in stocked],
        "price": Money(currency_code="EUR", units=5),
        "show": len,
        **{f"at_{name}": datetime(2026, 1, 1, tzinfo=UTC) for name in ("11_59", "12_00", "12_01")},
    }
    for block in blocks:
        exec(compile(block.text, str(block.page), "exec"), known)  # noqa: S102 - our own pages
    Client.close(shop)


@python_blocks(of_training=True)
def test_code_for_training_calls_what_there_is(blocks):
    """What is imported is there, and is called with parameters that it has."""
    known = {}
    for block in blocks:
        tree = ast.parse(block.text)
        imports = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), str(block.page), "exec"), known)  # noqa: S102 - our own pages
        calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
        ours = [each for each in calls if getattr(each.func, "id", "print") not in {"print", "Path"}]
        assert [] != [bind(known[each.func.id], each) for each in ours]


def bind(function, call: ast.Call):
    return inspect.signature(function).bind(*call.args, **{each.arg: each.value for each in call.keywords})


def test_judgements_can_be_read(tmp_path):
    """Lines of judgements and of photos are those that `triptych calibrate` reads."""
    (tmp_path / "photos").mkdir()
    for number in range(1, 4):
        (tmp_path / "photos" / f"{number}.jpg").write_bytes(b"a picture")
    judged, photos = (
        each.text for each in fenced("") if each.page.name == "relevance.md" and "{" in each.text
    )
    (tmp_path / "judgements.jsonl").write_text(judged)
    (tmp_path / "photos.jsonl").write_text(photos)

    assert len(judged.splitlines()) == len(list(read_judgements(tmp_path / "judgements.jsonl")))
    assert len(photos.splitlines()) == len(list(read_photos(tmp_path / "photos.jsonl")))
