"""Queries with a limit and a denial, and what is said in them."""

from bench.voice_queries import Outcome, Spoken, row, spoken_queries, understood, words
from gateway.core.model.words import Operator
from gateway.core.numbers import amount
from training.demo.items import items


def test_numbers_are_said_as_they_are_understood():
    """What a voice says of a price is what the gateway reads."""
    numbers = [*range(1, 120), 200, 305, 999, 1000, 1005, 1900, 1950, 9999]

    assert numbers == [amount(words(number)) for number in numbers]


def test_the_words_alone_are_understood():
    """Every query whose denial stands as in the catalogue can be understood, and its plain form limits nothing."""
    for query in spoken_queries("tuned", 60):
        assert () == understood(query.plain, {})
        if query.is_literal:
            assert query.said == understood(query.text, {})


def test_parts_share_no_product():
    """What settings were chosen on says nothing of what is held out."""
    assert spoken_queries("tuned", 5) == spoken_queries("tuned", 5)
    assert not {each.text for each in spoken_queries("tuned", 50)} & {
        each.text for each in spoken_queries("held_out", 50)
    }
    assert {"dev", "test"} <= {item.split for item in items()}


def test_figures():
    """What is not heard counts as not understood, and not among what was claimed."""
    query = Spoken("a mug under ten", (("price", Operator.AT_MOST, "10"),), "a mug")
    right = Outcome("v", query, "a mug under ten", 0.9, is_right=True, is_plain_right=True)
    wrong = Outcome("v", query, "a mug", 0.9, is_right=False, is_plain_right=True)
    silent = Outcome("v", query, "", 0.1, is_right=False, is_plain_right=False)

    assert {
        "voice": "v",
        "queries": 4,
        "anything claimed": 0.75,
        "constraints right": 0.5,
        "right where claimed": 0.667,
        "plain: none": 0.75,
    } == row("v", [right, right, wrong, silent])
