"""Whether a filter holds of a product: plain, and the meaning that every engine has to agree with."""

from operator import ge, gt, le, lt

from services.search.core.filters.model import And, Compare, Field, Filter, Has, Not, OneOf, Or, Order, Value
from services.search.core.model import Facts

_ORDERS = {Order.BELOW: lt, Order.AT_MOST: le, Order.ABOVE: gt, Order.AT_LEAST: ge}


def evaluate(tree: Filter, product_id: str, facts: Facts) -> bool:
    """Return whether *tree* holds of the product."""
    match tree:
        case And(operands):
            return all(evaluate(each, product_id, facts) for each in operands)
        case Or(operands):
            return any(evaluate(each, product_id, facts) for each in operands)
        case Not(operand):
            return not evaluate(operand, product_id, facts)
        case OneOf(field, wanted):
            return any(
                _equal(value, each) for value in values_of(field, product_id, facts) for each in wanted
            )
        case Compare(field, order, number):
            numbers = [each for each in values_of(field, product_id, facts) if _is_number(each)]
            return any(_ORDERS[order](each, number) for each in numbers)
        case Has(field):
            return bool(values_of(field, product_id, facts))


def values_of(field: Field, product_id: str, facts: Facts) -> tuple[Value, ...]:
    """Return the values that the product has in *field*: none where it is not known, several where it is a list."""
    if field.is_attribute:
        value = facts.attributes.get(field.name)
    elif field.name == "id":
        value = product_id
    else:
        value = getattr(facts, field.name)
    if value is None or value == "":
        return ()
    return value if isinstance(value, tuple) else (value,)


def _equal(one: Value, other: Value) -> bool:
    # Python takes true for 1.
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _is_number(value: Value) -> bool:
    return not isinstance(value, str | bool)
