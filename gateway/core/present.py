"""What has become of products that were found a while ago."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.core.model.answer import Chain, Result
from gateway.core.model.query import Query
from gateway.core.model.retrieval import Hit, Retrieval
from gateway.core.ports.rooms import Index
from gateway.core.ranking import Ranking
from triptych.vocabulary.concurrency import side_by_side

# How many groups one filter names: with ids of 128 characters it stays within the bound of filters.
GROUPS_PER_FILTER = 15


@dataclass(frozen=True)
class Present:
    """Looks products up as they are now."""

    index: Index
    ranking: Ranking

    async def of(self, query: Query, chain: Chain, taken: Sequence[Result]) -> list[Result]:
        """Return *taken* with the records of now, without what is gone or no longer passes the filter.

        What was written in the last moments may not be seen yet, as by any search; what was there all along always is.
        Where products are grouped, a group whose best product is gone, or left it, is shown by the best of the others.
        """
        now = await self._now(chain.retrieval, taken) if taken else {}
        if not chain.retrieval.grouped:
            return [result for each in taken if (result := as_now(each, now)) is not None]
        left = [each.hit.group_id for each in taken if each.hit.group_id and not stays(each.hit, now)]
        heirs = await self._heirs(query, chain, left)
        return [result for each in taken for result in successors(each, now, heirs)]

    async def _now(self, asked: Retrieval, taken: Sequence[Result]) -> Mapping[str, Hit]:
        """Return those of *taken* that exist and pass the filter, by id, with their records and groups of now."""
        found = await self.index.search(
            Retrieval(
                asked.catalog,
                None,
                asked.space,
                asked.metric,
                len(taken),
                filter=asked.filter,
                excluded_variants_of=asked.excluded_variants_of,
                excluded_texts=asked.excluded_texts,
                excluded_vectors=asked.excluded_vectors,
                only_ids=tuple(result.hit.id for result in taken),
                consistency=asked.consistency,
            )
        )
        before = {result.hit.id: result.hit for result in taken}
        return {
            hit.id: replace(
                before[hit.id],
                product=hit.product,
                group_id=self.ranking.reader.facts(hit.product).group_id,
            )
            for hit in found.hits
        }

    async def _heirs(self, query: Query, chain: Chain, groups: Sequence[str]) -> Mapping[str, Result]:
        """Return the best product of each of *groups* that still has one."""
        batches = [groups[at : at + GROUPS_PER_FILTER] for at in range(0, len(groups), GROUPS_PER_FILTER)]
        asked = [
            replace(chain.retrieval, filter=of_groups(chain.retrieval.filter, some), limit=len(some))
            for some in batches
        ]
        answers = await side_by_side([self.index.search(each) for each in asked])
        hits = [hit for found in answers for hit in found.hits]
        results, _ = await self.ranking.order(query, chain.plan, hits)
        return {result.hit.group_id: result for result in results}


def stays(hit: Hit, now: Mapping[str, Hit]) -> bool:
    """Return whether a product is still there, in the group that it was found in."""
    return hit.id in now and now[hit.id].group_id == hit.group_id


def as_now(result: Result, now: Mapping[str, Hit]) -> Result | None:
    """Return *result* with its record of now; None where it is gone."""
    return replace(result, hit=now[result.hit.id]) if result.hit.id in now else None


def successors(result: Result, now: Mapping[str, Hit], heirs: Mapping[str, Result]) -> Iterator[Result]:
    """Yield what is to be shown at the place of *result*: itself, or the best of the group that it left, and itself."""
    if not stays(result.hit, now) and result.hit.group_id in heirs:
        yield heirs[result.hit.group_id]
    itself = as_now(result, now)
    if itself is not None:
        yield itself


def of_groups(filter_: str, groups: Sequence[str]) -> str:
    """Return a filter that passes what *filter_* passes and is of one of *groups*."""
    any_of = "group_id : (" + ", ".join(quoted(group) for group in groups) + ")"
    return f"({filter_}) AND {any_of}" if filter_ else any_of


def quoted(text: str) -> str:
    """Return *text* as a string of the filter's grammar."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
