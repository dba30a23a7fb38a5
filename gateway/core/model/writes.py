"""On what terms products are written, and what becomes of them."""

from dataclasses import dataclass, field

from triptych.vocabulary.choices import WriteMode


@dataclass(frozen=True)
class Terms:
    """What a write names besides the product; what is empty is not asked for.

    Args:
        paths: the fields that are written; none for all.
        mode: what may be there before.
        etag: what is to be there before.
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


@dataclass(frozen=True)
class Written:
    """What there is after a write; see UpsertProductResult."""

    etag: str = ""
    superseded: bool = False
    superseded_paths: tuple[str, ...] = field(default=())
