"""Titles, descriptions and queries in English and Chinese, from attributes."""

from __future__ import annotations

import random
from collections.abc import Mapping

from training.demo.vocabulary import ATTRIBUTES, CATEGORIES, Value

Attributes = Mapping[str, str]

_SEARCHES_EN = (
    "{np}", "{np}", "{np}", "{a}", "{a}", "{a} please", "find {a}", "show me {a}", "I want {a}", "I need {a}",
    "I am looking for {a}", "looking for {a}", "do you have {a}?", "search for {a}", "buy {np}", "{np} for sale",
    "can you find me {a}", "I would like {a}",
)  # fmt: skip
_SEARCHES_ZH = (
    "{np}", "{np}", "{np}", "我想要{np}", "我想买{np}", "找{np}", "请给我看{np}", "有没有{np}", "有{np}吗",
    "需要{np}", "帮我找{np}", "搜索{np}", "{np}有货吗", "我在找{np}",
)  # fmt: skip
_CHANGES_EN = (
    "but {m}", "but {m} please", "in {m}", "{m}", "{m} instead", "the same in {m}, please", "the same but {m}",
    "this one, but {m}", "like this, but {m}", "I want it {m}", "make it {m}", "do you have it in {m}?",
)  # fmt: skip
_CHANGES_ZH = (
    "但是要{m}的", "换成{m}的", "要{m}的", "同款{m}", "{m}的", "一样的，但是{m}", "有{m}的吗", "这个，要{m}的",
    "我想要{m}的", "改成{m}", "同样的要{m}",
)  # fmt: skip
_USES_EN = (
    "For every day.", "A good present.", "Made for home and travel.", "Easy to care for.", "Comes in a gift box.",
    "Designed in a small studio.", "Light and strong.", "Wipe clean with a damp cloth.", "Two years of warranty.",
    "Free returns within thirty days.", "Medium size.", "Loved by our customers.", "Finished by hand.",
)  # fmt: skip
_USES_ZH = (
    "适合日常使用。", "送礼佳品。", "居家旅行皆宜。", "易于打理。", "附赠礼盒。", "工作室原创设计。", "轻便耐用。",
    "用湿布擦拭即可。", "两年保修。", "三十天内免费退货。", "中号。", "深受顾客喜爱。", "手工制作。",
)  # fmt: skip
_SHOWN_EN = ("This {np}", "Our {np}", "A {np} by our own team", "The {np}")
_TITLES_ZH = ("{brand}{np}", "{brand} {np}", "{np} {brand}", "{np}")


def query_text(attributes: Attributes, language: str, rng: random.Random) -> str:
    """Say what a shopper would write to get *attributes* (any of category, colour, pattern, material).

    Without a category the answer is a modifier such as "but blue" or "换成蓝色的".
    """
    if not attributes:
        raise ValueError("a query needs at least one attribute")
    if language == "zh":
        return _query_zh(attributes, rng)
    return _case(_query_en(attributes, rng), rng)


def title(attributes: Attributes, brand: str, language: str, rng: random.Random) -> str:
    """Return a product title; "plain" is left out in half of the titles, as shops do."""
    named = _without_plain(attributes, rng)
    if language == "zh":
        return rng.choice(_TITLES_ZH).format(brand=brand, np=_noun_phrase_zh(named, rng))
    noun_phrase = _noun_phrase_en(named, rng, synonyms=rng.random() < 0.3)
    words = noun_phrase if rng.random() < 0.5 else noun_phrase.capitalize()
    return rng.choice(("{np}", "{brand} {np}", "{brand} {np}", "{np} by {brand}")).format(
        brand=brand, np=words
    )


def description(attributes: Attributes, language: str, rng: random.Random) -> str:
    """Return two to four sentences: the attributes once more, then neutral words about use, size and care."""
    if language == "zh":
        uses = "".join(rng.sample(_USES_ZH, rng.randint(1, 3)))
        return f"{_noun_phrase_zh(attributes, rng)}。{uses}"
    start = rng.choice(_SHOWN_EN).format(np=_noun_phrase_en(attributes, rng))
    return f"{start}. {' '.join(rng.sample(_USES_EN, rng.randint(1, 3)))}"


def _without_plain(attributes: Attributes, rng: random.Random) -> Attributes:
    if attributes.get("pattern") == "plain" and rng.random() < 0.5:
        return {name: value for name, value in attributes.items() if name != "pattern"}
    return attributes


def _case(text: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.55:
        return text.lower()
    return text.upper() if draw > 0.95 else text[0].upper() + text[1:]


def _query_en(attributes: Attributes, rng: random.Random) -> str:
    if "category" not in attributes:
        return rng.choice(_CHANGES_EN).format(m=_modifier_en(attributes, rng))
    noun_phrase = _noun_phrase_en(attributes, rng)
    return rng.choice(_SEARCHES_EN).format(
        np=noun_phrase, a=_with_article(noun_phrase, attributes["category"])
    )


def _modifier_en(attributes: Attributes, rng: random.Random) -> str:
    return " and ".join(
        rng.choice(_value(name, attributes).adjectives) for name in _shuffled(attributes, rng)
    )


def _with_article(noun_phrase: str, category: str) -> str:
    if CATEGORIES[category].plural:
        return noun_phrase
    return f"{'an' if noun_phrase[0].lower() in 'aeiou' else 'a'} {noun_phrase}"


def _noun_phrase_en(attributes: Attributes, rng: random.Random, *, synonyms: bool = True) -> str:
    """Place each attribute before the noun, or now and then after it ("with stripes", "made of wood")."""
    names = CATEGORIES[attributes["category"]].english
    noun = rng.choice(names) if synonyms and rng.random() < 0.6 else names[0]
    before, after = [], []
    for name in _shuffled(attributes, rng):
        value = _value(name, attributes)
        if rng.random() < 0.25:
            after.append(rng.choice(value.phrases))
        else:
            before.append(rng.choice(value.adjectives))
    if rng.random() < 0.08:
        return " ".join([noun, *before, *after])
    return " ".join([*before, noun, *after])


def _query_zh(attributes: Attributes, rng: random.Random) -> str:
    if "category" not in attributes:
        words = [rng.choice(_value(name, attributes).chinese) for name in _shuffled(attributes, rng)]
        return rng.choice(_CHANGES_ZH).format(m="".join(words))
    return rng.choice(_SEARCHES_ZH).format(np=_noun_phrase_zh(attributes, rng))


def _noun_phrase_zh(attributes: Attributes, rng: random.Random) -> str:
    names = CATEGORIES[attributes["category"]].chinese
    words = [rng.choice(_value(name, attributes).chinese) for name in _shuffled(attributes, rng)]
    return (
        rng.choice(("", "", "的")).join(words) + (rng.choice(("", "的")) if words else "") + rng.choice(names)
    )


def _shuffled(attributes: Attributes, rng: random.Random) -> list[str]:
    names = [name for name in ATTRIBUTES if name in attributes]
    rng.shuffle(names)
    return names


def _value(name: str, attributes: Attributes) -> Value:
    return ATTRIBUTES[name][attributes[name]]
