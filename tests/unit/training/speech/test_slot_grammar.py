"""Slot grammars from YAML and JSON."""

import json

import pytest

from training.errors import TrainingError
from training.speech.grammar import slots_of
from training.speech.slot_grammar import read_slot_grammar, slot_grammar

COFFEE = """
context:
  expressions:
    orderDrink:
      - "[I'd like, get me] [a, an] $size:size coffee (please)"
      - "@greeting $size:cup"
  slots:
    size:
      - small
      - "twelve ounce"
  macros:
    greeting: ["hello", "good [morning, evening]"]
"""


@pytest.fixture
def coffee(tmp_path):
    path = tmp_path / "coffee.yaml"
    path.write_text(COFFEE)
    return read_slot_grammar(path)


@pytest.mark.parametrize(
    ("sentence", "slots"),
    [
        ("i'd like a twelve ounce coffee", {"size": "twelve ounce"}),
        ("get me an small coffee please", {"size": "small"}),
        ("good evening small", {"cup": "small"}),
        ("hello twelve ounce", {"cup": "twelve ounce"}),
        ("get me coffee", None),
        ("good small", None),
    ],
)
def test_choices_options_slots_and_macros(coffee, sentence, slots):
    """Brackets choose, parentheses may be left out, $ fills a slot under the name after the colon, @ is a macro."""
    assert slots == slots_of(sentence, coffee)


def test_json_says_the_same(tmp_path):
    """A grammar may as well be JSON."""
    path = tmp_path / "grammar.json"
    path.write_text(json.dumps({"expressions": {"buy": ["$colour hat"]}, "slots": {"colour": ["red"]}}))

    assert {"colour": "red"} == slots_of("red hat", read_slot_grammar(path))


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("a $shape:shape", r"expressions\.buy\[0\]: there is no \$shape; known are colour"),
        ("a [red, blue", r"expressions\.buy\[0\]: '\[' is not closed"),
        ("a (red", r"'\(' is not closed"),
        ("a red]", r"'\]' closes nothing"),
        ("red, blue", "','"),
        ("@again", "@again refers to itself"),
    ],
)
def test_what_is_wrong_is_named(expression, complaint):
    """A mistake is refused with the place where it stands."""
    content = {
        "expressions": {"buy": [expression]},
        "slots": {"colour": ["red"]},
        "macros": {"again": ["once @again"]},
    }
    with pytest.raises(TrainingError, match=complaint):
        slot_grammar(content)


@pytest.mark.parametrize(
    "content", [None, [], {}, {"context": 3}, {"expressions": {}}, {"expressions": {"a": []}}]
)
def test_what_is_no_grammar_is_refused(content):
    """Another file, or one without a sentence, is an error of the caller."""
    with pytest.raises(TrainingError):
        slot_grammar(content)


def test_a_broken_file_is_named(tmp_path):
    """The error says which file."""
    path = tmp_path / "broken.yaml"
    path.write_text("a: [")

    with pytest.raises(TrainingError, match=r"broken\.yaml: cannot be read"):
        read_slot_grammar(path)
