"""From the text of a filter to what it says, word by word: the grammar, a subset of AIP-160.

The grammar is not ambiguous, so it is parsed with a stack (LALR) and not by recursion: no text takes long, however deep.
"""

from functools import lru_cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from services.search.core.filters.tree import Chain, Negation, Restriction, Said, Syntax
from triptych.vocabulary.errors import InvalidArgument, Reason

FILTER_CHARACTERS_MAX = 8192
# What is nested deeper is built by no person, and engines take only so much.
NESTING_MAX = 20

# AIP-160 lets OR bind tighter than AND, against what every programming language does. Here the two are never mixed
# without parentheses, so that no filter means two things to two readers.
_GRAMMAR = r"""
    ?start: expression
    ?expression: term | term (_AND term)+ -> conjunction | term (_OR term)+ -> disjunction
    ?term: restriction | NOT term -> negation | _LPAR expression _RPAR
    restriction: field COMPARATOR value | field HAS value | field HAS _LPAR value (_COMMA value)* _RPAR
    field: WORD | QUOTED_ATTRIBUTE
    value: WORD | QUOTED

    _AND.3: /AND(?![^\s()"',:=<>!])/
    _OR.3: /OR(?![^\s()"',:=<>!])/
    NOT.3: /NOT(?![^\s()"',:=<>!])/
    QUOTED_ATTRIBUTE.4: /attributes\.("([^"\\]|\\.)*"|'([^'\\]|\\.)*')/s
    QUOTED.2: /"([^"\\]|\\.)*"|'([^'\\]|\\.)*'/s
    WORD: /[^\s()"',:=<>!]+/
    COMPARATOR: /!=|<=|>=|=|<|>/
    HAS: ":"
    _LPAR: "("
    _RPAR: ")"
    _COMMA: ","
    %ignore /\s+/
"""

_ESCAPES = {"\\": "\\", '"': '"', "'": "'", "n": "\n", "t": "\t"}
_ATTRIBUTE = "attributes."

# What may stand at a place, by the token that may; in the order in which it is told.
_NAMES = {
    "COMPARATOR": "=, !=, <, <=, >, >=",
    "HAS": ":",
    "_COMMA": ",",
    "_RPAR": ")",
    "_AND": "AND",
    "_OR": "OR",
    "$END": "the end",
}


def invalid(message: str, position: int) -> InvalidArgument:
    """Return the error for a filter that is wrong at *position*, from 1."""
    return InvalidArgument(
        f"The filter is wrong at position {position}: {message}",
        reason=Reason.FILTER_INVALID,
        field="filter",
        metadata={"position": str(position)},
    )


@lru_cache(maxsize=512)
def read(text: str) -> Syntax:
    """Return what *text* says.

    Raises:
        InvalidArgument: FILTER_INVALID; *text* is no filter, too long or nested too deep.
    """
    if len(text) > FILTER_CHARACTERS_MAX:
        raise invalid(f"it has more than {FILTER_CHARACTERS_MAX} characters.", FILTER_CHARACTERS_MAX + 1)
    try:
        syntax: Syntax = _parser().parse(text)  # type: ignore[assignment] # the builder makes no trees
    except UnexpectedInput as error:
        raise _explained(error, text) from None
    return syntax


class _Builder(Transformer[Token, Syntax]):
    """Called by the parser from the leaves up."""

    def field(self, children: list[Token]) -> tuple[Said, bool]:
        (token,) = children
        position = _position(token)
        if token.type == "QUOTED_ATTRIBUTE":
            start = len(_ATTRIBUTE)
            return Said(_unquoted(token[start:], position + start), position, quoted=True), True
        is_attribute = token.startswith(_ATTRIBUTE)
        name = token.removeprefix(_ATTRIBUTE) if is_attribute else str(token)
        return Said(name, position, quoted=False), is_attribute

    def value(self, children: list[Token]) -> Said:
        (token,) = children
        position = _position(token)
        if token.type == "QUOTED":
            return Said(_unquoted(token, position), position, quoted=True)
        return Said(str(token), position, quoted=False)

    def restriction(self, children: list[Any]) -> Restriction:
        (name, is_attribute), operator, *values = children
        return Restriction(name, is_attribute, str(operator), tuple(values))

    def negation(self, children: list[Any]) -> Negation:
        token, operand = children
        return Negation(operand, _deeper([operand], _position(token)))

    def conjunction(self, children: list[Syntax]) -> Chain:
        return Chain(True, tuple(children), _deeper(children, 1))

    def disjunction(self, children: list[Syntax]) -> Chain:
        return Chain(False, tuple(children), _deeper(children, 1))


@lru_cache(maxsize=1)
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", transformer=_Builder())


def _position(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _deeper(operands: list[Syntax], position: int) -> int:
    depth = 1 + max(operand.depth for operand in operands)
    if depth > NESTING_MAX:
        raise invalid(f"it is nested more than {NESTING_MAX} deep.", position)
    return depth


def _unquoted(text: str, position: int) -> str:
    """Return what the string literal *text* stands for."""
    characters = []
    inner = enumerate(text[1:-1], position + 1)
    for at, character in inner:
        if character != "\\":
            characters.append(character)
            continue
        _, escaped = next(inner)
        if escaped not in _ESCAPES:
            raise invalid(f"\\{escaped} is no escape; there are \\\\, \\\", \\', \\n and \\t.", at)
        characters.append(_ESCAPES[escaped])
    return "".join(characters)


def _explained(error: UnexpectedInput, text: str) -> InvalidArgument:
    if isinstance(error, UnexpectedCharacters):
        place = error.pos_in_stream or 0
        if text[place] in "\"'":
            return invalid(f"the string that begins here has no closing {text[place]}.", place + 1)
        return invalid(f"{text[place]} cannot be read; != is the only operator with it.", place + 1)
    if not isinstance(error, UnexpectedToken):
        raise error
    token = error.token
    is_end = token.type == "$END"
    position = len(text) + 1 if is_end else _position(token)
    accepted = _accepted(text[: position - 1])
    if is_end:
        return invalid(f"it ends too soon; {_allowed(accepted)} is allowed here.", position)
    if token.type in {"_AND", "_OR"} and accepted & {"_AND", "_OR"}:
        return invalid("AND and OR are mixed; put one of them in parentheses.", position)
    return invalid(f"{_allowed(accepted)} is allowed here, not {_shortened(token)}.", position)


def _accepted(before: str) -> set[str]:
    """Return what may follow *before*; the failed parser itself has already decided some of it."""
    again = _parser().parse_interactive(before)
    again.exhaust_lexer()
    accepted: set[str] = again.accepts()  # type: ignore[no-untyped-call] # lark gives it no types
    return accepted


def _allowed(accepted: set[str]) -> str:
    names = []
    if "QUOTED_ATTRIBUTE" in accepted:
        names = ["a field", "NOT", "("]
    elif "QUOTED" in accepted:
        names = ["a value", *(["a list of values in parentheses"] if "_LPAR" in accepted else [])]
    names += [name for token, name in _NAMES.items() if token in accepted]
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _shortened(token: Token) -> str:
    return str(token) if len(token) <= 32 else f"{token[:32]}…"
