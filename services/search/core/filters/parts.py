"""Taking a filter apart."""

from services.search.core.filters.model import And, Compare, Field, Filter, Has, Not, OneOf, Or


def without(tree: Filter, field: Field) -> Filter | None:
    """Return *tree* without the conditions on *field* alone that it joins by AND; None where nothing is left.

    A condition that names other fields too, such as `brand = "A" OR price < 5`, stays.
    """
    if fields_of(tree) == {field}:
        return None
    if not isinstance(tree, And):
        return tree
    kept = [rest for each in tree.operands if (rest := without(each, field)) is not None]
    return joined(*kept)


def joined(*trees: Filter | None) -> Filter | None:
    """Return what holds where all of *trees* hold; None, which holds always, where there are none."""
    operands = tuple(each for each in trees if each is not None)
    if len(operands) > 1:
        return And(operands)
    return operands[0] if operands else None


def fields_of(tree: Filter) -> set[Field]:
    """Return the fields that *tree* looks at."""
    match tree:
        case And(operands) | Or(operands):
            return set().union(*(fields_of(each) for each in operands))
        case Not(operand):
            return fields_of(operand)
        case OneOf(field, _) | Compare(field, _, _) | Has(field):
            return {field}
