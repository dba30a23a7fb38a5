"""What shoppers say about a catalogue."""

import json
from dataclasses import replace

import pytest

from training.errors import TrainingError
from training.speech.automaton import automaton_of
from training.speech.catalogue import catalogue_grammar, catalogue_sentences, read_catalogue
from training.speech.grammar import slots_of

PRODUCTS = [
    {
        "title": "Wooden Chair, red!",
        "category": "chair",
        "brand": "Alder",
        "attributes": {"colour": "red", "material": "wood", "title_zh": "红色椅子", "size": 3, "sku": "44"},
    },
    {"title": "Blue lamp", "category": "table lamp", "attributes": {"colour": "dark blue"}},
    {"title": "", "category": "chair", "attributes": {"care": "wipe it with a damp cloth"}},
]


@pytest.fixture
def catalogue(tmp_path):
    path, synonyms = tmp_path / "products.jsonl", tmp_path / "synonyms.yaml"
    path.write_text("\n".join(map(json.dumps, PRODUCTS)) + "\n\n")
    synonyms.write_text("material:\n  wood: [wooden, made of wood]\n")
    return read_catalogue(path, synonyms)


def test_short_facts_are_slots(catalogue):
    """Category, brand and attributes of a few words that can be said; the rest is left out."""
    assert {
        "category": {"chair": ("chair",), "table lamp": ("table lamp",)},
        "brand": {"Alder": ("alder",)},
        "colour": {"red": ("red",), "dark blue": ("dark blue",)},
        "material": {"wood": ("wood", "wooden", "made of wood")},
    } == catalogue.ways
    assert ("wooden chair red", "blue lamp") == catalogue.titles


@pytest.mark.parametrize(
    ("sentence", "slots"),
    [
        ("show me a red wooden chair", {"colour": "red", "material": "wood", "category": "chair"}),
        ("dark blue table lamp made of wood please", {"colour": "dark blue", "material": "wood", "category": "table lamp"}),
        ("an alder chair", {"brand": "Alder", "category": "chair"}),
        ("but in red", None),
        ("the same in red", {"colour": "red"}),
        ("but wooden and red instead", {"material": "wood", "colour": "red"}),
        ("made of wood chair", None),
    ],
)  # fmt: skip
def test_the_grammar_says_what_shoppers_say(catalogue, sentence, slots):
    """Attributes around a category, or what is to change; phrases with a preposition come after the noun."""
    found = slots_of(sentence, catalogue_grammar(catalogue.ways))

    assert slots == found


@pytest.mark.parametrize(("sentence", "is_rare"), [
    ("a chair red", True), ("a chair and wooden", True), ("a chair made of wood", False), ("but red and wooden", False),
])  # fmt: skip
def test_a_bare_adjective_behind_a_noun_is_as_rare_as_a_denial(catalogue, sentence, is_rare):
    """Else "glove not white" is heard as "glove cloth white"; without a noun, adjectives are what is said."""
    assert is_rare == (_probability(catalogue_grammar(catalogue.ways), sentence) < 1e-14)


def _probability(grammar, sentence):
    automaton = automaton_of(grammar)
    ways = {(arc.start, arc.word): arc for arc in automaton.arcs}
    at, probability = automaton.start, 1.0
    for word in sentence.split():
        at, probability = ways[at, word].end, probability * ways[at, word].probability
    return probability


def test_sentences_use_every_word(catalogue):
    """Every title and every way to say a value is among the sentences that word sequences are counted in."""
    said = " | ".join(catalogue_sentences(catalogue))

    for phrase in (
        *catalogue.titles,
        "dark blue",
        "made of wood",
        "alder",
        "table lamp",
        "without dark blue",
    ):
        assert phrase in said
    assert "under" not in said


def test_catalogues_with_prices_have_words_for_them(catalogue):
    """Every word of a number is among them."""
    said = " ".join(catalogue_sentences(replace(catalogue, priced=True))).split()

    assert {"under", "seven", "nineteen", "forty", "hundred", "euros"} <= set(said)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "line 1: no JSON"),
        ('{"category": "chair"}\n[]', "line 2: a product is a JSON object"),
        ('{"title": "a"}', "no product names a category"),
        ("", "no product names a category"),
    ],
)
def test_what_is_no_catalogue_is_refused(tmp_path, content, complaint):
    """The error names the file, and the line where one is to blame."""
    path = tmp_path / "products.jsonl"
    path.write_text(content)

    with pytest.raises(TrainingError, match=rf"products\.jsonl.*{complaint}"):
        read_catalogue(path)


@pytest.mark.parametrize("content", ["- a", "a: 3", "a: {b: 3}", "a: ["])
def test_synonyms_of_another_form_are_refused(tmp_path, content):
    """The error says what the form is."""
    path, synonyms = tmp_path / "products.jsonl", tmp_path / "synonyms.yaml"
    path.write_text(json.dumps(PRODUCTS[0]))
    synonyms.write_text(content)

    with pytest.raises(TrainingError, match="ways to say it"):
        read_catalogue(path, synonyms)
