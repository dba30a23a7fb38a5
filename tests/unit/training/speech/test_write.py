"""Transcribers written as models, and loaded again."""

import json

import pytest
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from training.demo.voices import VOICES_BY_NAME, speak
from training.errors import TrainingError
from training.speech.catalogue import Catalogue
from training.speech.grammar import Choice, Phrase, Slot, words
from training.speech.heard import Heard
from training.speech.sphinx import SphinxOptions
from training.speech.takes import Pass
from training.speech.transcriber import load_transcriber, read_dictionary
from training.speech.variants import VARIANTS
from training.speech.write import write_catalogue_transcriber, write_grammar_transcriber
from triptych.packs.code import check_code
from triptych.packs.configs import TENSORS

ONCE = SphinxOptions(passes=(Pass(),))
GRAMMAR = Phrase(
    (
        words("show me a"),
        Slot("colour", Choice((words("red"), words("blue"), words("yellow")))),
        Choice((Slot("category", words("umbrella")), Slot("category", words("tealight"), "candle"))),
    )
)
CATALOGUE = Catalogue(
    {
        "category": {"umbrella": ("umbrella", "parasol"), "suitcase": ("suitcase",)},
        "colour": {"red": ("red",), "yellow": ("yellow",)},
    },
    ("red umbrella", "yellow suitcase for travelling"),
)


def say(text):
    """The sentence by a synthetic voice."""
    return speak(text, VOICES_BY_NAME["en-us"])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of a transcriber of GRAMMAR."""
    folder = tmp_path_factory.mktemp("pack") / "transcriber"
    write_grammar_transcriber(folder, GRAMMAR, pack="shop", version="2", options=ONCE)
    return folder


def test_what_is_said_is_heard_with_its_slots(written):
    """From the files alone: words by a dictionary of its own, slots by the grammar."""
    heard = load_transcriber(written / "1").hear(say("show me a yellow tealight"))

    assert "show me a yellow tealight" == heard.text
    assert {"colour": "yellow", "category": "candle"} == heard.slots
    assert 0.5 < heard.confidence <= 1


def test_the_configuration_fits_a_pack(written):
    """Tensors as rooms expect them, the pack's name, what the room must know of sounds, a process for each core."""
    config = text_format.Parse((written / "config.pbtxt").read_text(), model_config_pb2.ModelConfig())
    facts = {name: value.string_value for name, value in config.parameters.items()}

    assert TENSORS["transcriber"] == (
        {tensor.name for tensor in config.input},
        {tensor.name for tensor in config.output},
    )
    assert {
        "pack": "shop", "version": "2", "languages": "en", "sample_rate_hz": "16000", "seconds_max": "30",
    } == facts  # fmt: skip
    assert 2 == config.instance_group[0].count
    check_code(written)


def test_the_same_grammar_gives_the_same_files(written, tmp_path):
    """So that a pack's checksums tell whether anything changed."""
    write_grammar_transcriber(tmp_path, GRAMMAR, pack="shop", version="2", options=ONCE)
    names = [path.relative_to(written) for path in sorted(written.rglob("*")) if path.is_file()]

    assert names
    for name in names:
        assert (written / name).read_bytes() == (tmp_path / name).read_bytes()


@pytest.mark.slow
def test_a_free_transcriber_hears_titles(tmp_path):
    """Without a grammar, any sequence of the catalogue's words is heard, and phrases in it are slots."""
    write_catalogue_transcriber(tmp_path, CATALOGUE, pack="shop", version="1", free=True, options=ONCE)
    heard = load_transcriber(tmp_path / "1").hear(say("yellow suitcase for travelling"))

    assert "yellow suitcase for travelling" == heard.text
    assert {"colour": "yellow", "category": "suitcase"} == heard.slots


def test_what_is_too_unsure_is_not_claimed(written, tmp_path):
    """Below the floor there is neither text nor slot, but the confidence stays."""
    for path in (written / "1").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    options = json.loads((tmp_path / "transcriber.json").read_text()) | {"confidence_floor": 1.1}
    (tmp_path / "transcriber.json").write_text(json.dumps(options))
    heard = load_transcriber(tmp_path).hear(say("show me a yellow tealight"))

    assert Heard("", heard.confidence) == heard
    assert heard.confidence > 0.5


def test_a_word_without_a_sound_is_refused(tmp_path):
    """A word of no letter and no digit cannot be heard."""
    with pytest.raises(TrainingError, match="no pronunciation can be made for '红'"):
        write_grammar_transcriber(tmp_path, words("a 红"), pack="shop", version="1", options=ONCE)


@pytest.mark.parametrize(
    "content",
    [None, "{", "[]", "{}", '{"kind": "ears", "confidence_floor": 0}', '{"kind": "pocketsphinx", "confidence_floor": 0}'],
)  # fmt: skip
def test_a_folder_without_a_transcriber_is_refused(tmp_path, content):
    """Missing or broken options are named with their folder."""
    if content is not None:
        (tmp_path / "transcriber.json").write_text(content)

    with pytest.raises(TrainingError, match=str(tmp_path)):
        load_transcriber(tmp_path)


def test_words_of_prices_are_known_as_other_accents_say_them(tmp_path):
    """The dictionary of a catalogue's transcriber has them, and those that it is given in their place."""
    for name, variants in (("usual", VARIANTS), ("own", {"red": ("R AE D",)})):
        write_catalogue_transcriber(
            tmp_path / name, CATALOGUE, pack="shop", version="1", options=ONCE, variants=variants
        )

    usual, own = (read_dictionary(tmp_path / name / "1" / "words.dict") for name in ("usual", "own"))

    assert "F AO" == usual["four(2)"]
    assert ("R AE D", False) == (own["red(2)"], "four(2)" in own)


def test_a_dictionary_is_a_word_and_its_phones_a_line(tmp_path):
    """No file is no words."""
    (tmp_path / "words.dict").write_text("tealight T IY L AY T\nzolvex Z OW\n")

    assert {"tealight": "T IY L AY T", "zolvex": "Z OW"} == read_dictionary(tmp_path / "words.dict")
    assert {} == read_dictionary(tmp_path / "none.dict")
