"""Attributes before and behind a noun: "red wooden chair with dots", and without one: "red and wooden"."""

from collections.abc import Mapping

from training.speech.grammar import Choice, Node, Phrase, optional, words

_MODIFIERS_MAX = 3
_ONCE_MAX = 5


class Modifiers:
    """Attributes before and behind a noun, each said once; what is said next depends on what is left to say.

    Args:
        before: attribute → what is said of it before the noun.
        behind: the same behind the noun.
        alone: the same without a noun.
    """

    def __init__(
        self, before: Mapping[str, Node], behind: Mapping[str, Node], alone: Mapping[str, Node]
    ) -> None:
        if len(before) > _ONCE_MAX:
            # The ways to leave some out double with each attribute: many are taken as three of a kind.
            before = {str(at): Choice(tuple(before.values())) for at in range(_MODIFIERS_MAX)}
            behind = {str(at): Choice(tuple(behind.values())) for at in range(_MODIFIERS_MAX)}
            alone = {str(at): Choice(tuple(alone.values())) for at in range(_MODIFIERS_MAX)}
        self._before, self._behind, self._alone = before, behind, alone
        self._made: dict[tuple[str, frozenset[str]], Node] = {}

    def around(self, noun: Node) -> Node:
        """Return *noun* with any of the attributes before and behind it."""
        return self._noun(noun, frozenset(self._before))

    def joined(self) -> Node:
        """Return one attribute or several: "red and wooden"."""
        every = frozenset(self._alone)
        return Choice(
            tuple(
                Phrase((said, self._more(every - {name}, self._alone))) for name, said in self._alone.items()
            )
        )

    def _noun(self, noun: Node, left: frozenset[str]) -> Node:
        """Return attributes of those *left* to say, the noun, and attributes of those left then."""
        key = ("noun", left)
        if key not in self._made:
            said = [
                Phrase((self._before[name], self._noun(noun, left - {name})))
                for name in self._before
                if name in left
            ]
            self._made[key] = Choice((*said, Phrase((noun, self._more(left, self._behind)))))
        return self._made[key]

    def _more(self, left: frozenset[str], ways: Mapping[str, Node]) -> Node:
        """Return any of the attributes that are *left* to say, in *ways*, or nothing."""
        key = ("behind" if ways is self._behind else "alone", left)
        if key not in self._made:
            joint = optional(words("and"))
            said = [
                Phrase((joint, ways[name], self._more(left - {name}, ways))) for name in ways if name in left
            ]
            self._made[key] = Choice((*said, Phrase()))
        return self._made[key]
