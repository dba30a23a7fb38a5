"""What people said of products becomes events of a running suite, and these become ranking networks in a pack."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from training.ranking.entry import train_ranker
from training.ranking.recipe import RankingRecipe
from triptych.cli.event_files import write_letor
from triptych.client import Client
from triptych.v1 import types_pb2
from triptych.v1.feedback_service_pb2 import ShownAnswer, ShownEvent

CUTOFF = 10  # what `triptych train-ranker` takes when it is not told
# The rest that the gateway knows of products that differ in their texts alone, when they were stored, says nothing.
FEATURES = ("similarity_fused", "lexical")
# By judgement, 1 to 4: the event that the export grades alike.
EVENTS = (
    types_pb2.EVENT_TYPE_VIEWED,
    types_pb2.EVENT_TYPE_CLICKED,
    types_pb2.EVENT_TYPE_CARTED,
    types_pb2.EVENT_TYPE_BOUGHT,
)

Judged = Mapping[str, Mapping[str, int]]


def judged_answers(shop: Client, catalog: str, judged: Judged) -> Iterator[tuple[str, ShownAnswer]]:
    """Record what people say of each query's first page; yield the queries with the answers as the suite kept them."""
    queries: list[str] = []
    for query, labels in judged.items():
        answer = shop.search(text=query, catalog=catalog, page_size=100, timeout_s=60)
        events = [
            ShownEvent(
                event_id=f"{len(queries)}-{each}",
                attribution_token=answer.attribution_token,
                product_id=each,
                type=EVENTS[labels[each] - 1],
            )
            for each in (result.product.id for result in answer.results)
            if each in labels
        ]
        if events:
            assert not any(outcome.code for outcome in shop.record(events, timeout_s=60))
            queries.append(query)
    yield from zip(queries, shop.events(catalog=catalog, page_size=100), strict=True)


def networks(
    pack: Path, folder: Path, answers: Sequence[tuple[str, ShownAnswer]], held_out: frozenset[str],
    *, seed: int, shown: bool,
) -> Path:  # fmt: skip
    """Return a copy of *pack* in *folder* with networks of all queries but those that are *held_out*."""
    taught = []
    for query, answer in answers:
        if query not in held_out:
            kept = ShownAnswer(
                search_id=answer.search_id, query_kind=answer.query_kind, features=answer.features
            )
            kept.products.extend(each for each in answer.products if shown or each.events)
            taught.append(kept)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pack, folder)
    file = folder.with_suffix(".letor")
    write_letor(taught, FEATURES, file)
    train_ranker(file, folder, features=FEATURES, recipe=RankingRecipe(cutoff=CUTOFF, seed=seed), show=print)
    return folder
