"""Attribution tokens."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.adapters.attributions import SealedAttributions
from gateway.adapters.chains import SealedChains
from gateway.core.feedback.model import Shown
from triptych.vocabulary.errors import InvalidArgument, Reason

KEY = "a key of at least 32 characters!!"
SHOWN = Shown("s1", "shop", 1_800_000_000.5, "text", ("cosine", "lexical"), {"b": (0.5, 2.0), "a": (0.25, 0)})
FLOATS = st.floats(width=32)


@settings(deadline=None)
@given(
    st.dictionaries(st.text("abc#é-", min_size=1), st.tuples(FLOATS, FLOATS), max_size=20),
    st.integers(0, 2**31),
)
def test_a_token_holds_the_answer(products, time_s):
    """Products in their order, values to the last bit, unknown ones too."""
    shown = Shown("s1", "shop", float(time_s), "mixed", ("x", "y"), products)
    opened = SealedAttributions(KEY).open(SealedAttributions(KEY).seal(shown))

    assert list(products) == list(opened.products)
    for expected, actual in zip(products.values(), opened.products.values(), strict=True):
        assert all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(expected, actual, strict=True))
    assert ("s1", "shop", time_s, "mixed") == (opened.search_id, opened.catalog, opened.time_s, opened.kind)


@settings(deadline=None)
@given(st.data())
def test_a_token_that_was_changed_is_refused(data):
    """At whatever place, to whatever character."""
    token = SealedAttributions(KEY).seal(SHOWN)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda each: each != token[at]))
    with pytest.raises(InvalidArgument) as caught:
        SealedAttributions(KEY).open(token[:at] + other + token[at + 1 :])

    assert (Reason.ATTRIBUTION_TOKEN_INVALID, "attribution_token") == (
        caught.value.reason,
        caught.value.field,
    )


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "a.b",
        SealedAttributions("another key of 32 characters and so").seal(SHOWN),
        SealedChains(KEY, 60)._seal.seal(b"page"),
    ],
)
def test_a_token_of_another_is_refused(token):
    """Words, another key's, another purpose's."""
    with pytest.raises(InvalidArgument):
        SealedAttributions(KEY).open(token)
