"""Public messages ↔ the core's words. Pure functions."""

from google.protobuf.struct_pb2 import Value

from gateway.core.model import (
    Answer,
    Content,
    Description,
    Media,
    NewProduct,
    Part,
    ProductReference,
    Query,
    Result,
    Transcript,
)
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2
from triptych.vocabulary.choices import (
    FusionStrategy,
    Modality,
    RankingStrategy,
    SimilarityMetric,
    SpaceKind,
)
from triptych.vocabulary.errors import InvalidArgument, Reason
from triptych.vocabulary.vectors import unpack

CATALOG_DEFAULT = "default"
PAGE_SIZE_DEFAULT = 20
PAGE_SIZE_MAX = 100
VIEWED = {SpaceKind.IMAGE: types_pb2.MODALITY_IMAGE, SpaceKind.AUDIO: types_pb2.MODALITY_AUDIO}
# The rest of a product's facts are for the shop; these are the words that describe it.
TEXT_SEPARATOR = ". "


def query(request: search_pb.SearchProductsRequest) -> Query:
    """Return the search that *request* asks for, every default filled in.

    Raises:
        InvalidArgument: a vector's bytes are not what they should be.
    """
    return Query(
        catalog=request.catalog or CATALOG_DEFAULT,
        parts=tuple(part(index, item) for index, item in enumerate(request.parts)),
        limit=min(request.page_size or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX),
        fusion=FusionStrategy(request.fusion or FusionStrategy.LEARNED),
        metric=SimilarityMetric(request.similarity or SimilarityMetric.COSINE),
        ranking=RankingStrategy(request.ranking) if request.ranking else None,
        space=SpaceKind(request.search_space) if request.search_space else None,
        diversity_lambda=request.diversity_lambda if request.HasField("diversity_lambda") else None,
    )


def part(index: int, message: search_pb.QueryPart) -> Part:
    """Return one part of a query."""
    weight = message.weight if message.HasField("weight") else 1.0
    field = f"parts[{index}]"
    match message.WhichOneof("content"):
        case "text":
            return Part(Content(Modality.TEXT, f"{field}.text", text=message.text), weight)
        case "image":
            return Part(Content(Modality.IMAGE, f"{field}.image", media=media(message.image)), weight)
        case "audio":
            return Part(Content(Modality.AUDIO, f"{field}.audio", media=media(message.audio)), weight)
        case "product_id":
            return Part(ProductReference(message.product_id), weight)
        case _:
            vector = message.vector
            return Part(unpack(vector.data, vector.dimension, vector.space, f"{field}.vector"), weight)


def media(message: types_pb2.Media) -> Media:
    """Return a picture or a sound."""
    return Media(message.data, message.uri)


def new_product(message: types_pb2.Product) -> NewProduct:
    """Return a product to store. Its record keeps addresses but no media bytes.

    Raises:
        InvalidArgument: an attribute is neither a string, a number, a boolean nor a list of strings.
    """
    for key, value in message.attributes.items():
        check_attribute(key, value)
    record = types_pb2.Product()
    record.CopyFrom(message)
    for item in (*record.images, *record.audio):
        item.ClearField("data")
    return NewProduct(message.id, record.SerializeToString(deterministic=True), contents(message))


def contents(message: types_pb2.Product) -> tuple[Content, ...]:
    """Return what of a product can be encoded: its words, its pictures, its sounds."""
    text = TEXT_SEPARATOR.join(words for words in (message.title, message.description) if words.strip())
    field = "title" if message.title.strip() else "description"
    words = (Content(Modality.TEXT, field, text=text),) if text else ()
    images = (
        Content(Modality.IMAGE, f"images[{i}]", media=media(item)) for i, item in enumerate(message.images)
    )
    sounds = (
        Content(Modality.AUDIO, f"audio[{i}]", media=media(item)) for i, item in enumerate(message.audio)
    )
    return (*words, *images, *sounds)


def check_attribute(key: str, value: Value) -> None:
    """Refuse an attribute that a filter could not compare."""
    kind = value.WhichOneof("kind")
    strings = kind == "list_value" and all(
        item.WhichOneof("kind") == "string_value" for item in value.list_value.values
    )
    if kind not in {"string_value", "number_value", "bool_value"} and not strings:
        raise InvalidArgument(
            "An attribute is a string, a number, a boolean or a list of strings.",
            reason=Reason.FIELD_INVALID,
            field=f'attributes["{key}"]',
        )


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


def description(found: Description) -> search_pb.DescribeImageResponse:
    """Return a description as the client sees it."""
    return search_pb.DescribeImageResponse(
        description=found.text, confidence=found.confidence, model=wire.model_message(found.model)
    )


def transcript(found: Transcript) -> search_pb.TranscribeAudioResponse:
    """Return a transcript as the client sees it."""
    return search_pb.TranscribeAudioResponse(
        transcript=found.text,
        confidence=found.confidence,
        constraints=[search_pb.Constraint(name=name, value=value) for name, value in found.slots.items()],
        model=wire.model_message(found.model),
    )


def result(space: SpaceKind, item: Result) -> search_pb.SearchResult:
    """Return one product of an answer."""
    hit = item.hit
    message = search_pb.SearchResult(
        product=product(hit.product), score=item.score, similarity=hit.similarity
    )
    if space in VIEWED:
        message.best_view.CopyFrom(search_pb.View(modality=VIEWED[space], index=hit.view))
    return message


def product(record: bytes) -> types_pb2.Product:
    """Return a product as it was stored."""
    return types_pb2.Product.FromString(record)
