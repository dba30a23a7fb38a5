"""Writing beside: while a catalogue is upgraded, what is written to it goes to the other generation too.

The other generation has of every product the version that serves, or none: who brings no vectors for it, because its
encoders did not answer or because it does not know of the upgrade, leaves the product to be encoded again. So nothing can
be forgotten, and nobody has to keep a list of what is owed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.search.core.checks import Spaces, check_spaces, checked
from services.search.core.generations import Collections
from services.search.core.model import ProductRecord, ProductVector
from services.search.core.rows import RowWriter
from triptych.vocabulary.choices import SpaceKind
from triptych.vocabulary.concurrency import both
from triptych.vocabulary.errors import TriptychError


@dataclass(frozen=True, eq=False)
class Beside:
    """Vectors of products by another pack: the facts of their spaces, and the vectors by the products' ids."""

    spaces: Spaces
    vectors: Mapping[str, tuple[ProductVector, ...]]


async def write_beside(
    rows: RowWriter, other: Collections, records: Sequence[ProductRecord], beside: Beside | None
) -> None:
    """Keep the *other* generation up with *records*, before they are written to the one that serves."""
    kept = [each for each in records if each.keeps_vectors]
    changed = [each for each in records if not each.keeps_vectors]
    given = [] if beside is None else _fitting(other, changed, beside)
    ids = {each.id for each in given}
    await remove_beside(rows, other, [each.id for each in changed if each.id not in ids])
    if given and beside is not None:
        collections = await rows.made(other[SpaceKind.FUSED].catalog, beside.spaces, given, other)
        left_over, _ = await both(rows.left_over(collections, given), rows.write_sides(collections, given))
        await rows.write_records(collections, given, left_over)
    if kept:
        await _rewrite(rows, other, kept)


async def _rewrite(rows: RowWriter, other: Collections, records: Sequence[ProductRecord]) -> None:
    """Write *records*, whose words and media are what they were, beside the vectors that there are of them."""
    vectors = await rows.vectors(other, records)
    there = [replace(each, vectors=vectors[each.id]) for each in records if each.id in vectors]
    if there:
        await rows.write_sides(other, there)
        # Their vectors stay what they are: nothing is left over.
        await rows.write_records(other, there, {})


async def remove_beside(rows: RowWriter, other: Collections, ids: Sequence[str]) -> None:
    """Remove products from the *other* generation."""
    if ids:
        await rows.remove_records(other, ids)
        await rows.remove_sides(other, ids)


def _fitting(other: Collections, records: Sequence[ProductRecord], beside: Beside) -> list[ProductRecord]:
    """Return those of *records* that have sound vectors for the *other* generation, with these."""
    found: list[ProductRecord] = []
    try:
        check_spaces(beside.spaces, other)
    except TriptychError:
        # Of a third pack: the upgrade has ended, and another one begun.
        return found
    for each in records:
        if each.id in beside.vectors:
            record = checked(replace(each, vectors=beside.vectors[each.id]), beside.spaces)
            if isinstance(record, ProductRecord):
                found.append(record)
    return found
