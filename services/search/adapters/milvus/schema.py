"""Names and shapes of Milvus collections.

    default__image__triptych_demo_1_5f3a9c01          a collection: catalogue, kind, generation
    default__image__triptych_demo_1_5f3a9c01__whole   its alias, once it can be written and searched
    default__fused                                    the alias of the FUSED collection whose generation serves

A generation is named by its pack and a checksum. A new model version is built in a generation of its own beside the old
one; moving the one alias of the catalogue switches all its kinds of vectors at once.
The facts of the space stand in the collection's properties: Milvus Lite forgets descriptions, but not properties. So do
the version of the columns, and, with the FUSED collection, the kinds of the products' attributes, the calibration, the
generation that is kept up beside this one, and what is noted of their upgrade.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pymilvus.grpc_gen.common_pb2 import KeyValuePair
from pymilvus.grpc_gen.schema_pb2 import CollectionSchema, DataType, FieldSchema

from services.search.adapters.milvus.words import CODE_BYTES_MAX, decoded, encoded
from services.search.core.attributes import merged
from services.search.core.model import Attributes, Collection
from services.search.core.similarity import indexed_metric
from triptych.vocabulary.choices import SimilarityMetric, SpaceKind
from triptych.vocabulary.errors import FailedPrecondition, Internal, Reason
from triptych.vocabulary.vectors import Space

KEY = "pk"
PRODUCT_ID = "product_id"
VIEW = "view"
PRODUCT = "product"
HISTORY = "history"
VECTOR = "vector"
# What can be filtered. The names of columns are those of the fields.
TEXT_COLUMNS = ("brand", "category", "group_id", "locale")
NUMBER_COLUMNS = ("price", "popularity", "update_time")
IN_STOCK = "in_stock"
ATTRIBUTES = "attributes"

SPACE_PROPERTY = "triptych.space"
SCHEMA_PROPERTY = "triptych.schema"
CALIBRATION_PROPERTY = "triptych.calibration"
# On what is being removed.
DROPPED_PROPERTY = "triptych.dropped"
OTHER_PROPERTY = "triptych.other"
UPGRADE_PROPERTY = "triptych.upgrade"
# One property for each kind of each attribute, so that two writers never take one another's away.
_ATTRIBUTE_PROPERTY = re.compile(r"triptych\.attribute\.(?P<kind>[a-z]+)\.(?P<name>.+)")

# Counts up with every change of the columns. What was made by another version is not read.
SCHEMA_VERSION = "3"

# In bytes. A key is "15:" and a percent-encoded id of 128 characters, each of at most 4 bytes, 3 characters a byte.
_KEY_BYTES_MAX = 3 + 128 * 4 * 3
_PRODUCT_ID_BYTES_MAX = 128 * 4 * 3
_PRODUCT_BYTES_MAX = 65_535  # the most that Milvus allows
_HISTORY_BYTES_MAX = 65_535

_METRIC_TYPES = {SimilarityMetric.COSINE: "COSINE", SimilarityMetric.EUCLIDEAN: "L2"}
_GENERATION = re.compile(r"(?:[a-z0-9]+_)+[0-9a-f]{8}")
_NAME = re.compile(
    rf"(?P<alias>(?P<catalog>[a-z][a-z0-9_]*)__(?P<kind>{'|'.join(kind.name.lower() for kind in SpaceKind)}))"
    rf"__(?P<generation>{_GENERATION.pattern})"
)
_NAME_OF_ANY_VERSION = re.compile(
    rf"(?P<catalog>[a-z][a-z0-9_]*)__(?:{'|'.join(kind.name.lower() for kind in SpaceKind)})(?:__[a-z0-9_]+)?"
)


def alias_of(catalog: str) -> str:
    """Return the alias of the FUSED collection of *catalog* that serves."""
    return f"{catalog}__{SpaceKind.FUSED.name.lower()}"


def name_of(catalog: str, kind: SpaceKind, generation: str) -> str:
    """Return the name of the collection for vectors of the *kind* in a *generation*."""
    return f"{catalog}__{kind.name.lower()}__{generation}"


def whole_alias_of(name: str) -> str:
    """Return the alias that the collection *name* has once it is whole."""
    return f"{name}__whole"


def generation_of(space: Space) -> str:
    """Return the generation of the vectors of *space*: the same for all kinds of a pack."""
    slug = re.sub(r"[^a-z0-9]+", "_", space.pack.lower()).strip("_") or "pack"
    facts = f"{SCHEMA_VERSION} {space.pack} {space.dimension}"
    return f"{slug}_{hashlib.sha256(facts.encode()).hexdigest()[:8]}"


def parse_name(name: str) -> tuple[str, SpaceKind, str] | None:
    """Return the catalogue, kind and generation of the collection *name*; None where it is none of ours."""
    match = _NAME.fullmatch(name)
    return (
        None if match is None else (match["catalog"], SpaceKind[match["kind"].upper()], match["generation"])
    )


def is_generation(name: str) -> bool:
    """Whether a generation can be called *name*; Milvus refuses to look for what no collection can be called."""
    return _GENERATION.fullmatch(name) is not None


def catalog_of(name: str) -> str | None:
    """Return the catalogue of the collection *name*, whatever version made it; None where it is none of ours."""
    match = _NAME_OF_ANY_VERSION.fullmatch(name)
    return None if match is None else match["catalog"]


def facts_of(space: Space) -> str:
    """Return the facts of *space* as JSON."""
    return json.dumps(asdict(space) | {"metric": space.metric.name}, sort_keys=True)


def collection_of(catalog: str, kind: SpaceKind, name: str, properties: Mapping[str, str]) -> Collection:
    """Return the collection that Milvus describes with *name* and *properties*.

    Raises:
        FailedPrecondition: CATALOG_OUTDATED.
        Internal: it is none of ours.
    """
    if SPACE_PROPERTY in properties and properties.get(SCHEMA_PROPERTY) != SCHEMA_VERSION:
        raise FailedPrecondition(
            f'The catalogue "{catalog}" was stored by another version of this service, and cannot be read by this one.',
            reason=Reason.CATALOG_OUTDATED,
            field="catalog",
            metadata={"catalog": catalog, "collection": name},
        )
    try:
        facts: dict[str, Any] = json.loads(properties[SPACE_PROPERTY])
        space = Space(**facts | {"metric": SimilarityMetric[facts["metric"]]})
    except (KeyError, TypeError, ValueError) as error:
        raise Internal from error
    match = _NAME.fullmatch(name)
    return Collection(
        name,
        catalog,
        kind,
        space,
        _attributes(properties),
        properties.get(CALIBRATION_PROPERTY, ""),
        generation="" if match is None else match["generation"],
        other=properties.get(OTHER_PROPERTY, ""),
        upgrade=properties.get(UPGRADE_PROPERTY, ""),
    )


def properties_of(space: Space) -> list[KeyValuePair]:
    """Return the properties of a collection for vectors of *space*."""
    return pairs(**{SPACE_PROPERTY: facts_of(space), SCHEMA_PROPERTY: SCHEMA_VERSION})


def attribute_properties(attributes: Attributes) -> list[KeyValuePair]:
    """Return the properties that say that products have *attributes*."""
    return pairs(
        **{
            f"triptych.attribute.{kind}.{encoded(name)}": 1
            for name, kinds in attributes.items()
            for kind in sorted(kinds)
        }
    )


def _attributes(properties: Mapping[str, str]) -> Attributes:
    matches = [match for key in properties if (match := _ATTRIBUTE_PROPERTY.fullmatch(key))]
    return merged(*({decoded(match["name"]): frozenset({match["kind"]})} for match in matches))


def schema_of(name: str, space: Space) -> CollectionSchema:
    """Return the schema of a collection for vectors of *space*."""
    return CollectionSchema(
        name=name,
        description=f"Products with their vectors of {space.id}",
        fields=[
            *key_fields(),
            FieldSchema(name=VIEW, data_type=DataType.Int16),
            text_field(PRODUCT, _PRODUCT_BYTES_MAX),
            text_field(HISTORY, _HISTORY_BYTES_MAX),
            *facts_fields(),
            FieldSchema(name=VECTOR, data_type=DataType.FloatVector, type_params=pairs(dim=space.dimension)),
        ],
    )


def key_fields() -> list[FieldSchema]:
    """Return the columns of a row's key."""
    return [
        text_field(KEY, _KEY_BYTES_MAX, is_primary_key=True),
        text_field(PRODUCT_ID, _PRODUCT_ID_BYTES_MAX),
    ]


def facts_fields() -> list[FieldSchema]:
    """Return the columns of what can be filtered."""
    return [
        *(text_field(name, CODE_BYTES_MAX) for name in TEXT_COLUMNS),
        *(FieldSchema(name=name, data_type=DataType.Double) for name in NUMBER_COLUMNS),
        FieldSchema(name=IN_STOCK, data_type=DataType.Int8),
        FieldSchema(name=ATTRIBUTES, data_type=DataType.JSON),
    ]


def index_parameters(space: Space, hnsw_m: int, hnsw_ef_construction: int) -> list[KeyValuePair]:
    """Return the parameters of the index over vectors of *space*: HNSW (Malkov and Yashunin, 2016)."""
    build = json.dumps({"M": hnsw_m, "efConstruction": hnsw_ef_construction})
    return pairs(index_type="HNSW", metric_type=metric_type(space), params=build)


def exhaustive_parameters(space: Space) -> list[KeyValuePair]:
    """Return the parameters of an index that compares all vectors of *space*."""
    return pairs(index_type="FLAT", metric_type=metric_type(space))


def metric_type(space: Space) -> str:
    """Return Milvus's word for the metric that vectors of *space* are indexed by."""
    return _METRIC_TYPES[indexed_metric(space)]


def pairs(**values: object) -> list[KeyValuePair]:
    """Return *values* in Milvus's form of named parameters."""
    return [KeyValuePair(key=key, value=str(value)) for key, value in values.items()]


def text_field(name: str, bytes_max: int, *, is_primary_key: bool = False, **others: Any) -> FieldSchema:
    """Return a column of texts; *others* are Milvus's own parameters."""
    return FieldSchema(
        name=name,
        data_type=DataType.VarChar,
        is_primary_key=is_primary_key,
        type_params=pairs(max_length=bytes_max, **others),
    )
