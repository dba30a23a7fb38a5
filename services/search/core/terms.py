"""On what terms a product is written."""

from dataclasses import dataclass

from triptych.vocabulary.choices import WriteMode


@dataclass(frozen=True)
class Terms:
    """What a write names besides the product; what is empty is not asked for.

    Args:
        paths: the fields that are written; none for all. "price", or a single attribute: "attributes.colour".
        mode: what may be there before.
        etag: what is to be there before, as the client knows it.
        base_etag: what the vectors were made from.
        request: by what a retry is known.
        time: of the change, in nanoseconds since 1970; None counts as the newest.
        overrides: whether it counts as the newest whatever its time.
    """

    paths: tuple[str, ...] = ()
    mode: WriteMode = WriteMode.UPSERT
    etag: str = ""
    base_etag: str = ""
    request: str = ""
    time: int | None = None
    overrides: bool = False
