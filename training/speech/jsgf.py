"""Grammars as JSGF, the Java Speech Grammar Format, which recognisers and people read.

    #JSGF V1.0;
    grammar order;
    public <order> = [please] (red | crimson) {colour=red} <thing> ;
    <thing> = (chair | table) {category} ;

A tag names the slot that the words before it fill: {category} with those words, {colour=red} with "red". A weight before
an option, /0.001/, makes it rarer than the others; one of 1 or more is read over. Repetition (* and +) and rules that refer to themselves are refused, since sentences are to be finite.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from training.errors import TrainingError
from training.speech.grammar import Choice, Node, Phrase, Rare, Slot, Word, optional

_HEAD = "#JSGF V1.0 UTF-8 en;\n\ngrammar {name};\n"
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"\s*(public\s+)?<([\w.$-]+)>\s*=\s*([^;]*);")
_HEADER = re.compile(r"\s*#JSGF[^;]*;\s*grammar\s+[\w.$-]+\s*;")
_TOKEN = re.compile(r'\s*(<[^>]*>|\{[^}]*\}|/[\d.eE+-]+/|"[^"]*"|[()\[\]|*+]|[^\s()\[\]|*+<{"]+)')


def write_jsgf(grammar: Node, name: str = "catalogue") -> str:
    """Return *grammar* as the text of a JSGF file; choices that stand in several places become rules."""
    writer = _Writer(_uses(grammar))
    first = f"public <{name}> = {writer.text(grammar, outside=True)} ;"
    return "\n".join([_HEAD.format(name=name), first, *writer.rules, ""])


def read_jsgf(text: str) -> Node:
    """Return what the public rules of *text* say.

    Raises:
        TrainingError: it is no JSGF, or says what is not understood here.
    """
    bare = _COMMENT.sub(" ", text)
    header = _HEADER.match(bare)
    if not header:
        raise TrainingError("a JSGF grammar begins with #JSGF V1.0; and grammar NAME;")
    found = list(_RULE.finditer(bare, header.end()))
    between = _RULE.sub("", bare[header.end() :]).strip()
    if between:
        raise TrainingError(f"JSGF: this is no rule: {between[:60]!r}")
    book = _Book({rule[2]: rule[3] for rule in found})
    public = tuple(book.rule(rule[2]) for rule in found if rule[1])
    if not public:
        raise TrainingError("JSGF: no rule is public")
    return public[0] if len(public) == 1 else Choice(public)


def read_jsgf_file(path: Path) -> Node:
    """Return what the public rules in *path* say; see `read_jsgf`."""
    try:
        return read_jsgf(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path}: cannot be read as a grammar: {error}") from error
    except TrainingError as error:
        raise TrainingError(f"{path}: {error}") from error


def _uses(grammar: Node) -> Counter[int]:
    """Return how often each choice is referred to; one within a shared one counts once."""
    uses: Counter[int] = Counter()
    waiting = [grammar]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Choice):
            uses[id(node)] += 1
            if uses[id(node)] > 1:
                continue
        match node:
            case Slot(inner=inner) | Rare(inner=inner):
                waiting.append(inner)
            case Phrase(children) | Choice(children):
                waiting += children
    return uses


@dataclass
class _Writer:
    """Writes nodes; the rules that shared choices became gather in *rules*."""

    uses: Counter[int]
    rules: list[str] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)

    def text(self, node: Node, *, outside: bool = False) -> str:
        match node:
            case Word(text):
                return text if re.fullmatch(r"[\w'.-]+", text) else f'"{text}"'
            case Slot(name, inner, value):
                return f"({self.text(inner, outside=True)}) {{{name}{f'={value}' if value else ''}}}"
            case Phrase(items):
                return " ".join(self.text(item) for item in items) or "<NULL>"
            case Rare(inner, weight):
                # A weight belongs to an option, and so to brackets of its own.
                return f"(/{weight:g}/ {self.text(inner)})"
            case Choice() if self.uses[id(node)] > 1:
                return f"<{self._rule(node)}>"
        written = self._options(node)
        return written if outside else f"({written})"

    def _options(self, choice: Choice) -> str:
        return " | ".join(self.text(option, outside=True) for option in choice.options)

    def _rule(self, choice: Choice) -> str:
        if id(choice) not in self._names:
            name = self._names[id(choice)] = f"part{len(self._names) + 1}"
            self.rules.append(f"<{name}> = {self._options(choice)} ;")
        return self._names[id(choice)]


@dataclass
class _Book:
    """The rules of a grammar; each is read once and shared."""

    texts: dict[str, str]
    _read: dict[str, Node] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def rule(self, name: str) -> Node:
        if name in self._open:
            raise TrainingError(f"JSGF: <{name}> refers to itself")
        if name not in self.texts:
            raise TrainingError(f"JSGF: there is no rule <{name}>")
        if name not in self._read:
            self._open.append(name)
            node, end = self._options(iter(_TOKEN.findall(self.texts[name])), name)
            if end:
                raise TrainingError(f"JSGF: <{name}>: {end!r} closes nothing")
            self._read[name] = node
            self._open.pop()
        return self._read[name]

    def _options(self, pieces: Iterator[str], rule: str) -> tuple[Node, str]:
        """Return what is read up to a closing bracket, and that bracket; "" at the end of the rule."""
        options: list[list[Node]] = [[]]
        weights = [1.0]
        end = ""
        for piece in pieces:
            if piece in {")", "]"}:
                end = piece
                break
            if piece == "|":
                options.append([])
                weights.append(1.0)
            elif piece[0] == "{":
                options[-1].append(_tagged(piece, options[-1], rule))
            elif piece[0] == "/" and len(piece) > 1:
                weights[-1] = _weight(piece, rule)
            else:
                options[-1].append(self._item(piece, pieces, rule))
        phrases = [_option(option, weight) for option, weight in zip(options, weights, strict=True)]
        return (phrases[0] if len(phrases) == 1 else Choice(tuple(phrases))), end

    def _item(self, piece: str, pieces: Iterator[str], rule: str) -> Node:
        if piece in {"(", "["}:
            node, end = self._options(pieces, rule)
            if end != {"(": ")", "[": "]"}[piece]:
                raise TrainingError(f"JSGF: <{rule}>: {piece!r} is not closed")
            return optional(node) if piece == "[" else node
        if piece == "<NULL>":
            return Phrase()
        if piece[0] == "<":
            return self.rule(piece[1:-1])
        if piece in {"*", "+"}:
            raise TrainingError(f"JSGF: <{rule}>: repetition ({piece}) is not understood; write it out")
        return Word(piece.strip('"').lower())


def _weight(piece: str, rule: str) -> float:
    try:
        return float(piece.strip("/"))
    except ValueError as error:
        raise TrainingError(f"JSGF: <{rule}>: {piece} is no weight") from error


def _option(items: list[Node], weight: float) -> Node:
    node = items[0] if len(items) == 1 else Phrase(tuple(items))
    return Rare(node, weight) if 0 < weight < 1 else node


def _tagged(piece: str, before: list[Node], rule: str) -> Node:
    """Take the last node of *before* and return it as the slot that *piece* names."""
    name, _, value = piece[1:-1].strip().partition("=")
    if not before or not name:
        raise TrainingError(f"JSGF: <{rule}>: the tag {piece} follows nothing, or is empty")
    return Slot(name.strip(), before.pop(), value.strip())
