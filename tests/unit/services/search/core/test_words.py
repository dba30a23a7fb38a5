"""Several texts as one measure."""

import pytest

from services.search.core.words import Words


class Lists:
    """A lexical index of given BM25, by text."""

    def __init__(self, by_text):
        self._by_text = by_text
        self.asked = []

    async def match(self, catalog, text, limit, among=None):
        self.asked.append((text, limit, among))
        found = self._by_text[text].items()
        return sorted(found, key=lambda each: (-each[1], each[0]))[:limit]

    async def scores(self, catalog, text, ids):
        return {each: self._by_text[text][each] for each in ids if each in self._by_text[text]}


async def test_texts_are_averaged_by_weight():
    """Each product has Σ weight · BM25 / Σ weight, also of texts in whose lists it does not stand."""
    index = Lists({"one": {"a": 4.0, "b": 2.0}, "other": {"b": 6.0, "c": 3.0, "a": 1.0}})
    words = Words(index, "shop", [("one", 3.0), ("other", 1.0)])

    matched = await words.matched(1, None)

    assert {"a": pytest.approx(3.25), "b": pytest.approx(3.0)} == matched.scores
    assert (False, pytest.approx(0.75 * 4 + 0.25 * 6)) == (matched.is_all, matched.unseen)
    assert {"c": pytest.approx(0.75)} == await words.scores(["c", "x"])


async def test_a_list_that_is_not_full_is_all():
    """What is not in it has none of the words, and needs no second look."""
    words = Words(Lists({"one": {"a": 4.0}, "other": {}}), "shop", [("one", 1.0), ("other", 1.0)])

    matched = await words.matched(2, None)

    assert ({"a": 2.0}, True, 0.0) == (matched.scores, matched.is_all, matched.unseen)


async def test_the_best_of_several_texts_may_be_first_in_none():
    """It is looked for until nothing deeper can have more."""
    one = {f"x{n:02}": 100.0 - n for n in range(30)} | {"both": 60.0}
    other = {f"y{n:02}": 100.0 - n for n in range(30)} | {"both": 60.0}
    index = Lists({"one": one, "other": other})
    words = Words(index, "shop", [("one", 1.0), ("other", 1.0)])

    assert 60.0 == await words.best(None)
    assert [10, 40] == [limit for text, limit, _ in index.asked if text == "one"]


async def test_nothing_found_is_nothing_at_best():
    """A text that no product has a word of."""
    assert 0.0 == await Words(Lists({"one": {}}), "shop", [("one", 1.0)]).best(None)
