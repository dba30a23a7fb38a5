"""Why products cannot even be tried to be written."""

from collections.abc import Sequence

from gateway.core.clock import Ahead
from gateway.core.model.catalog import NewProduct, ProductRecord
from triptych.vocabulary.errors import InvalidArgument, Reason, TriptychError


def refusals(products: Sequence[NewProduct | TriptychError], ahead: Ahead) -> list[TriptychError | None]:
    """Say of each product why it cannot even be tried; None where it can."""
    errors = duplicates(products)
    for i, product in enumerate(products):
        if isinstance(product, NewProduct) and errors[i] is None:
            errors[i] = _refusal(product, ahead)
    return errors


def duplicates(
    products: Sequence[NewProduct | ProductRecord | TriptychError],
) -> list[TriptychError | None]:
    """Say of each product whether it is an error already, or another of its id follows; None where neither is so."""
    last = {product.id: i for i, product in enumerate(products) if not isinstance(product, TriptychError)}
    return [
        product
        if isinstance(product, TriptychError)
        else None
        if last[product.id] == i
        else InvalidArgument(
            f"The id {product.id!r} stands again later in the request; the last one counts.",
            reason=Reason.DUPLICATE_ID,
            field="id",
            metadata={"id": product.id},
        )
        for i, product in enumerate(products)
    ]


def _refusal(product: NewProduct, ahead: Ahead) -> TriptychError | None:
    if not product.contents:
        return InvalidArgument(
            "A product needs a title, a description, a picture or a sound to be found by.",
            reason=Reason.PRODUCT_EMPTY,
        )
    try:
        ahead.check(product.terms.time)
    except TriptychError as error:
        return error
    return None
