"""Deciding what a write stores: what is asked, beside what there is.

Pure: the caller holds the product's lock from reading it to storing what is decided here.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from services.search.core.checks import check_size
from services.search.core.history import WHOLE, History, outcome, with_request
from services.search.core.model import Facts, ProductRecord, ProductVector
from triptych.vocabulary.choices import WriteMode
from triptych.vocabulary.errors import Aborted, AlreadyExists, NotFound, Reason, TriptychError
from triptych.vocabulary.products import ENCODED_FIELDS

# Until then the other writers are most likely done.
RETRY_AFTER_MS = 100


class ProductEditor(Protocol):
    """Looks into serialised products on behalf of the core."""

    def facts(self, product: bytes) -> Facts:
        """Return what a product can be filtered by."""
        ...

    def merged(self, product: bytes, other: bytes, paths: Iterable[str], *, update_time: int | None) -> bytes:
        """Return *product* with the fields at *paths* as *other* has them, and with that time, in nanoseconds.

        Raises:
            InvalidArgument: it would break a bound that products have.
        """
        ...


@dataclass(frozen=True, eq=False)
class Stored:
    """What there is of a product; its *vectors* where they were asked for."""

    product: bytes
    history: History
    vectors: tuple[ProductVector, ...] = ()


@dataclass(frozen=True)
class Written:
    """What there is after a write.

    Args:
        etag: of what is stored.
        superseded: whether nothing was written, since something newer was there.
        superseded_paths: the fields that were left as they are.
    """

    etag: str
    superseded: bool = False
    superseded_paths: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Decided:
    """What is to be stored, and the fields that stay as they are."""

    record: ProductRecord
    superseded_paths: tuple[str, ...] = ()

    @property
    def written(self) -> Written:
        """What is said of it once it is stored."""
        return Written(self.record.history.etag, superseded_paths=self.superseded_paths)


Decision: TypeAlias = Decided | Written | TriptychError


def decide(sent: ProductRecord, stored: Stored | None, editor: ProductEditor) -> Decision:
    """Return what becomes of *sent* beside what is *stored*: to be stored, nothing to do, or refused."""
    planned = plan(sent, stored, editor)
    if not isinstance(planned, Decided):
        return planned
    try:
        _check_vectors(sent, planned)
    except TriptychError as error:
        return error
    record = planned.record
    history = replace(record.history, etag=etag_of(record))
    return replace(planned, record=replace(record, history=history))


def plan(sent: ProductRecord, stored: Stored | None, editor: ProductEditor) -> Decision:
    """Return what *sent* would become; its vectors are those that were sent, or else those that are stored."""
    if stored is not None and sent.terms.request in stored.history.requests:
        return Written(stored.history.etag)
    try:
        _check_terms(sent, stored)
        planned = _planned(sent, stored, editor)
        if isinstance(planned, Decided):
            check_size(planned.record)
    except TriptychError as error:
        return error
    return planned


def _planned(sent: ProductRecord, stored: Stored | None, editor: ProductEditor) -> Decided | Written:
    terms = sent.terms
    if stored is None:
        if terms.paths:
            raise _not_found(sent)
        return Decided(replace(sent, history=History("", terms.time, {}, with_request((), terms.request))))
    result = outcome(History() if terms.overrides else stored.history, terms.paths or (WHOLE,), terms.time)
    if not result.taken:
        return Written(stored.history.etag, superseded=True, superseded_paths=result.kept)
    requests = with_request(stored.history.requests, terms.request)
    history = replace(result.history, requests=requests)
    record = replace(sent, vectors=sent.vectors or stored.vectors, history=history)
    if result.taken != (WHOLE,) or result.kept:
        product = _merged(sent, stored, result.taken, result.kept, history.latest, editor)
        record = replace(record, product=product, facts=editor.facts(product))
    return Decided(record, result.kept)


def etag_of(record: ProductRecord) -> str:
    """Return the etag of what is stored of *record*: of the product and of its vectors, since pictures are not kept."""
    checksum = hashlib.sha256(record.product)
    for each in sorted(record.vectors, key=lambda vector: (vector.kind, vector.view)):
        checksum.update(f"{each.kind.name} {each.view} {each.vector.space}".encode())
        checksum.update(each.vector.values.tobytes())
    return checksum.hexdigest()[:32]


def _merged(
    sent: ProductRecord,
    stored: Stored,
    taken: Iterable[str],
    kept: Iterable[str],
    update_time: int | None,
    editor: ProductEditor,
) -> bytes:
    product = sent.product
    if sent.terms.paths:
        product = editor.merged(stored.product, sent.product, taken, update_time=update_time)
    return editor.merged(product, stored.product, kept, update_time=update_time)


def _check_terms(sent: ProductRecord, stored: Stored | None) -> None:
    terms = sent.terms
    if terms.mode is WriteMode.CREATE_ONLY and stored is not None:
        raise AlreadyExists(
            f"There is a product {sent.id!r} already.",
            reason=Reason.PRODUCT_EXISTS,
            field="id",
            metadata={"id": sent.id, "etag": stored.history.etag},
        )
    if terms.mode is WriteMode.UPDATE_ONLY and stored is None:
        raise _not_found(sent)
    known = "" if stored is None else stored.history.etag
    if terms.etag and terms.etag != known:
        raise Aborted(
            f"The product {sent.id!r} is another one now.",
            reason=Reason.ETAG_MISMATCH,
            field="etag",
            metadata={"id": sent.id} | ({"etag": known} if known else {}),
        )
    if terms.base_etag and terms.base_etag != known:
        raise _conflict(sent)


def _check_vectors(sent: ProductRecord, planned: Decided) -> None:
    """Check that the vectors are made from what is to be stored: either of all that was sent, or by a plan."""
    kept = ENCODED_FIELDS.keys() & set(planned.superseded_paths)
    changed = ENCODED_FIELDS.keys() & set(sent.terms.paths) - kept
    is_planned = bool(sent.vectors and sent.terms.base_etag)
    if not is_planned and (changed if sent.terms.paths else kept):
        raise _conflict(sent)


def _not_found(sent: ProductRecord) -> NotFound:
    return NotFound(
        f"The catalogue has no product {sent.id!r}.",
        reason=Reason.PRODUCT_NOT_FOUND,
        field="id",
        metadata={"id": sent.id},
    )


def _conflict(sent: ProductRecord) -> Aborted:
    return Aborted(
        f"Others are writing the product {sent.id!r}; try again in a moment.",
        reason=Reason.WRITE_CONFLICT,
        metadata={"id": sent.id},
        retry_after_ms=RETRY_AFTER_MS,
    )
