"""Texts on their way to the model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.encoder.core.parts import Text
from services.encoder.core.texts import TextPreparer, normalised
from triptych.vocabulary.errors import InvalidArgument, Reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("red shoes", "red shoes"),
        ("  red \t\n shoes ", "red shoes"),
        ("ｒｅｄ　ｓｈｏｅｓ", "red shoes"),
        ("cafe\u0301", "café"),
        ("cafe\u200b\u0301", "café"),
        ("½ ﬁt", "1⁄2 fit"),
        ("re\u200bd\x00 sho\u202ees\ufeff", "red shoes"),
        ("red \x00 shoes", "red shoes"),
        ("红色\u3000运动鞋", "红色 运动鞋"),
        ("红色，鞋", "红色,鞋"),
        ("a\u2028b\x85c", "a b c"),
    ],
)
def test_normalises(text, expected):
    """Form NFKC, nothing invisible, single spaces."""
    assert expected == normalised(text)


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    """What is normalised stays as it is."""
    once = normalised(text)

    assert once == normalised(once)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_short_way_of_ascii_is_the_long_way(text):
    """Plain ASCII, which skips the walk over its characters, comes out as if it had not."""
    visible = "".join(
        " " if each.isspace() else each for each in text if each.isprintable() or each.isspace()
    )

    assert " ".join(visible.split()) == normalised(text)


async def loaded(preparer, *texts):
    batches = preparer.ready([Text(text) for text in texts], 10)
    return [each async for batch in batches for _, each in batch]


@pytest.mark.parametrize("text", ["", " ", "\n\t", "?!", "\u200b", "—", "👟", "\x00"])
async def test_a_text_without_letter_or_digit_is_empty(text):
    """Signs and spaces alone say nothing that could be searched."""
    (error,) = await loaded(TextPreparer(100), text)

    assert (Reason.EMPTY_TEXT, "text") == (error.reason, error.field)


@pytest.mark.parametrize("text", ["7", "a", "鞋", "👟 7", "ß"])
async def test_one_letter_or_digit_is_enough(text, text_facts):
    """A single letter or digit of any script makes a text."""
    preparer = TextPreparer(100)

    assert [text] == await preparer.decode(await loaded(preparer, text), text_facts)


async def test_the_longest_text_passes_and_one_more_character_does_not():
    """The limit counts characters, not bytes, and the others are encoded all the same."""
    longest, longer = await loaded(TextPreparer(5), "鞋" * 5, "鞋" * 6)

    assert Text("鞋" * 5) == longest
    assert isinstance(longer, InvalidArgument)
    assert (Reason.TEXT_TOO_LONG, "text", "5") == (
        longer.reason,
        longer.field,
        longer.metadata["characters_max"],
    )
