"""Answers of a search."""

from collections.abc import Iterable

from gateway.core.model.answer import Answer, NextPage, Result
from gateway.core.model.degradation import Degradation, Step
from gateway.core.model.query import Query
from gateway.core.model.retrieval import Facet, Interval
from gateway.translate.explanations import explanation
from gateway.translate.products import product
from gateway.translate.read_mask import masked
from gateway.translate.words import heard
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import Modality, SpaceKind

VIEWED = {SpaceKind.IMAGE: types_pb2.MODALITY_IMAGE, SpaceKind.AUDIO: types_pb2.MODALITY_AUDIO}


def response(asked: Query, answer: Answer) -> search_pb.SearchProductsResponse:
    """Return the answer as the client sees it, but for its token."""
    message = search_pb.SearchProductsResponse(
        results=[result(asked, answer.space, item) for item in answer.results],
        interpretation=search_pb.QueryInterpretation(
            path=search_pb.QueryInterpretation.Path.ValueType(answer.path),
            modalities=[types_pb2.Modality.ValueType(modality) for modality in answer.modalities],
            fusion=types_pb2.FusionStrategy.ValueType(answer.fusion or 0),
            similarity=types_pb2.SimilarityMetric.ValueType(0 if asked.browses else asked.metric),
            ranking=types_pb2.RankingStrategy.ValueType(answer.ranking or 0),
            search_space=types_pb2.SearchSpace.ValueType(0 if asked.browses else answer.space),
            filter=answer.filter,
            lexical_weight=answer.lexical_weight,
            speech=[heard(each) for each in answer.speech],
        ),
        models=[wire.model_message(model) for model in answer.models],
        index=types_pb2.IndexVersion(name=answer.index_name, space=answer.index_space),
        facets=[facet(each) for each in answer.facets],
        total_size=answer.total_size,
        total_size_is_exact=answer.total_is_exact,
        degradations=map(degradation, answer.degradations),
    )
    if answer.spelling is not None:
        message.spelling.text, message.spelling.applied = answer.spelling.text, answer.spelling.applied
    add_stages(message, answer.stages)
    return message


def next_page(asked: Query, page: NextPage) -> search_pb.SearchProductsResponse:
    """Return a page after the first as the client sees it, but for its token."""
    message = search_pb.SearchProductsResponse.FromString(page.head)
    message.results.extend(result(asked, page.asked.space, item) for item in page.results)
    message.degradations.extend(map(degradation, page.degradations))
    add_stages(message, page.stages)
    return message


def modalities(message: search_pb.SearchProductsResponse) -> tuple[Modality, ...]:
    """Return what an answer says that was looked for; also of a page after the first."""
    return tuple(Modality(each) for each in message.interpretation.modalities)


def head(message: search_pb.SearchProductsResponse) -> bytes:
    """Return what an answer says of all its pages."""
    kept = search_pb.SearchProductsResponse()
    kept.CopyFrom(message)
    for of_one_page in ("results", "stages", "next_page_token", "attribution_token"):
        kept.ClearField(of_one_page)
    of_all_pages = [each for each in message.degradations if Step(each.step) is not Step.EXPLANATIONS]
    del kept.degradations[:]
    kept.degradations.extend(of_all_pages)
    return kept.SerializeToString()


def degradation(item: Degradation) -> search_pb.Degradation:
    """Return what was left out."""
    return search_pb.Degradation(
        step=search_pb.Degradation.Step.ValueType(item.step),
        reason=search_pb.Degradation.Reason.ValueType(item.cause),
        part=item.part,
    )


def add_stages(message: search_pb.SearchProductsResponse, stages: Iterable[tuple[str, float]]) -> None:
    """Say how long each stage took."""
    for stage, seconds in stages:
        message.stages.add(stage=stage).duration.FromNanoseconds(int(seconds * 1e9))


def result(asked: Query, space: SpaceKind, item: Result) -> search_pb.SearchResult:
    """Return one product of an answer."""
    hit = item.hit
    message = search_pb.SearchResult(
        product=masked(product(hit.product), asked.fields),
        score=item.score,
        similarity=hit.similarity,
        scores=stage_scores(item),
        relevance=item.relevance,
        exact_match=hit.exact_match,
        explanation=explanation(item.explanation) if item.explanation else None,
    )
    if space in VIEWED and hit.similarity is not None:
        message.best_view.CopyFrom(search_pb.View(modality=VIEWED[space], index=hit.view))
    if asked.grouped and hit.group_id:
        message.group.CopyFrom(search_pb.VariantGroup(group_id=hit.group_id, others=hit.group_others))
    return message


def stage_scores(item: Result) -> search_pb.StageScores:
    """Return what the stages found."""
    hit = item.hit
    return search_pb.StageScores(
        vector=hit.similarity,
        lexical=hit.lexical,
        hybrid=hit.score,
        rescored=hit.rescored,
        ranking=item.ranking,
        boosts=item.boosts,
    )


def facet(item: Facet) -> search_pb.Facet:
    """Return the counts of a field."""
    return search_pb.Facet(
        field=item.field,
        values=[facet_value(value, count) for value, count in item.values],
        is_exact=item.is_exact,
    )


def facet_value(value: str | float | bool | Interval, count: int) -> search_pb.FacetValue:
    """Return a value that was counted."""
    match value:
        case bool():
            return search_pb.FacetValue(boolean=value, count=count)
        case str():
            return search_pb.FacetValue(text=value, count=count)
        case Interval():
            message = search_pb.FacetValue(interval=search_pb.Interval(to=value.end), count=count)
            if value.start is not None:
                setattr(message.interval, "from", value.start)
            return message
        case _:
            return search_pb.FacetValue(number=value, count=count)
