"""Reads a slot grammar from YAML or JSON: expressions of an intent, the phrases of its slots, and macros.

    context:
      expressions:
        orderDrink: ["[I'd like, get me] a $size:size coffee (please)", "@greeting $size:size"]
      slots:
        size: [small, "twelve ounce"]
      macros:
        greeting: [hello, hi]

In a phrase, [a, b] is a choice, (a) may be left out, $phrases:name is one of a slot's phrases and fills the slot
`name`, and @name is one of a macro's phrases. The form is that of Picovoice's Rhino contexts; its built-in slots
($pv.…) are not known here.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from training.errors import TrainingError
from training.speech.grammar import Choice, Node, Phrase, Slot, optional, words

_TOKEN = re.compile(r"\s*([\[\](),]|[^\s\[\](),]+)")


def read_slot_grammar(path: Path) -> Node:
    """Return every expression of every intent in *path*.

    Raises:
        TrainingError: the file is no slot grammar; names the expression that is wrong.
    """
    try:
        text = path.read_text("utf-8")
        content = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise TrainingError(f"{path}: cannot be read as a grammar: {error}") from error
    try:
        return slot_grammar(content)
    except TrainingError as error:
        raise TrainingError(f"{path}: {error}") from error


def slot_grammar(content: Any) -> Node:
    """Return the grammar of a parsed file; see the head of this module."""
    context = content.get("context", content) if isinstance(content, Mapping) else None
    if not isinstance(context, Mapping) or not isinstance(context.get("expressions"), Mapping):
        raise TrainingError("a slot grammar holds context: expressions: INTENT: [sentence, …]")
    book = _Book(context.get("slots") or {}, context.get("macros") or {})
    sentences = [
        book.parsed(text, f"expressions.{intent}[{at}]")
        for intent, texts in context["expressions"].items()
        for at, text in enumerate(_listed(texts, f"expressions.{intent}"))
    ]
    if not sentences:
        raise TrainingError("the grammar holds no sentence")
    return Choice(tuple(sentences))


class _Book:
    """The phrases that expressions refer to; each list is parsed once and shared."""

    def __init__(self, slots: Mapping[str, Any], macros: Mapping[str, Any]) -> None:
        self._lists = {"$": slots, "@": macros}
        self._parsed: dict[str, Choice] = {}
        self._open: list[str] = []

    def parsed(self, text: Any, where: str) -> Node:
        pieces = _TOKEN.findall(str(text))
        reader = iter(pieces)
        node, end = self._options(reader, where)
        if end:
            raise TrainingError(f"{where}: {end!r} closes nothing, or stands outside of a choice: {text}")
        return node

    def _options(self, pieces: Iterator[str], where: str) -> tuple[Node, str]:
        """Return the choice that is read up to its closing bracket, and that bracket; "" at the end of the text."""
        options: list[list[Node]] = [[]]
        for piece in pieces:
            if piece in {"]", ")", ""}:
                return _choice(options), piece
            if piece == ",":
                options.append([])
            elif piece in {"[", "("}:
                options[-1].append(self._bracket(piece, pieces, where))
            else:
                options[-1].append(self._item(piece, where))
        return _choice(options), "," if len(options) > 1 else ""

    def _bracket(self, opened: str, pieces: Iterator[str], where: str) -> Node:
        node, end = self._options(pieces, where)
        if end != {"[": "]", "(": ")"}[opened]:
            raise TrainingError(f"{where}: {opened!r} is not closed")
        return optional(node) if opened == "(" else node

    def _item(self, piece: str, where: str) -> Node:
        if piece[0] == "$":
            phrases, _, name = piece[1:].partition(":")
            return Slot(name or phrases, self._list("$", phrases, where))
        if piece[0] == "@":
            return self._list("@", piece[1:], where)
        return words(piece)

    def _list(self, kind: str, name: str, where: str) -> Node:
        key = kind + name
        if key in self._open:
            raise TrainingError(f"{where}: {key} refers to itself")
        if key not in self._parsed:
            if name not in self._lists[kind]:
                known = ", ".join(map(str, self._lists[kind])) or "none"
                raise TrainingError(f"{where}: there is no {key}; known are {known}")
            self._open.append(key)
            phrases = _listed(self._lists[kind][name], key)
            self._parsed[key] = Choice(
                tuple(self.parsed(text, f"{key}[{at}]") for at, text in enumerate(phrases))
            )
            self._open.pop()
        return self._parsed[key]


def _choice(options: Sequence[Sequence[Node]]) -> Node:
    phrases: list[Node] = [option[0] if len(option) == 1 else Phrase(tuple(option)) for option in options]
    return phrases[0] if len(phrases) == 1 else Choice(tuple(phrases))


def _listed(value: Any, where: str) -> Sequence[Any]:
    if not isinstance(value, list) or not value:
        raise TrainingError(f"{where}: a list of phrases is asked for, and is {value!r}")
    return value
