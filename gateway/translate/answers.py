"""Answers of a search."""

from gateway.core.model import Answer, Query, Result
from gateway.translate.products import product
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import SpaceKind

VIEWED = {SpaceKind.IMAGE: types_pb2.MODALITY_IMAGE, SpaceKind.AUDIO: types_pb2.MODALITY_AUDIO}


def response(asked: Query, answer: Answer) -> search_pb.SearchProductsResponse:
    """Return the answer as the client sees it."""
    message = search_pb.SearchProductsResponse(
        results=[result(answer.space, item) for item in answer.results],
        interpretation=search_pb.QueryInterpretation(
            path=search_pb.QueryInterpretation.Path.ValueType(answer.path),
            modalities=[types_pb2.Modality.ValueType(modality) for modality in answer.modalities],
            fusion=types_pb2.FusionStrategy.ValueType(answer.fusion or 0),
            similarity=types_pb2.SimilarityMetric.ValueType(asked.metric),
            ranking=types_pb2.RankingStrategy.ValueType(answer.ranking or 0),
            search_space=types_pb2.SearchSpace.ValueType(answer.space),
        ),
        models=[wire.model_message(model) for model in answer.models],
        index=types_pb2.IndexVersion(name=answer.index_name, space=answer.index_space),
    )
    for stage, seconds in answer.stages:
        message.stages.add(stage=stage).duration.FromNanoseconds(int(seconds * 1e9))
    return message


def result(space: SpaceKind, item: Result) -> search_pb.SearchResult:
    """Return one product of an answer."""
    hit = item.hit
    message = search_pb.SearchResult(
        product=product(hit.product), score=item.score, similarity=hit.similarity
    )
    if space in VIEWED:
        message.best_view.CopyFrom(search_pb.View(modality=VIEWED[space], index=hit.view))
    return message
