"""The collection of a catalogue's words: made when it is first written, known by its name.

default__words_1   catalogue, version of the columns and of how words are taken apart
"""

import json
import re
from typing import Any

from pymilvus.grpc_gen.common_pb2 import KeyValuePair
from pymilvus.grpc_gen.milvus_pb2 import (
    AlterCollectionRequest,
    DropCollectionRequest,
    GetVersionRequest,
    ShowCollectionsRequest,
)
from pymilvus.grpc_gen.schema_pb2 import CollectionSchema, DataType, FieldSchema, FunctionSchema, FunctionType

from services.search.adapters.milvus.connection import MilvusConnection
from services.search.adapters.milvus.describing import described, properties_in
from services.search.adapters.milvus.errors import COLLECTION_NOT_FOUND, MilvusRefusal
from services.search.adapters.milvus.loading import Loader
from services.search.adapters.milvus.making import make_collection, make_index
from services.search.adapters.milvus.schema import facts_fields, key_fields, pairs, text_field
from services.search.core.lexical import BM25_B, BM25_K1
from services.search.core.locks import KeyedLocks
from triptych.vocabulary.errors import Reason, Unavailable

TEXT = "text"
SPELLINGS = "spellings"
SPARSE = "sparse"
# The most that Milvus allows.
TEXT_BYTES_MAX = 65_535

COMPLETE_PROPERTY = "triptych.complete"
VERSION = 1
# The first Milvus that has BM25.
MILVUS_MIN = (2, 5)

_NAME = re.compile(rf"(?P<catalog>[a-z][a-z0-9_]*)__words_{VERSION}")
_NUMBERS = re.compile(r"v?(\d+)\.(\d+)")


def name_of(catalog: str) -> str:
    """Return the name of the collection for the words of *catalog*."""
    return f"{catalog}__words_{VERSION}"


class WordsCollections:
    """The collections for words of all catalogues."""

    def __init__(self, connection: MilvusConnection) -> None:
        self._connection = connection
        self._loader = Loader(connection)
        self._making = KeyedLocks()
        self._made: set[str] = set()

    async def change(self, catalog: str, method: str, request: object) -> None:
        """Call *method* of Milvus on the collection, which is made where it is not there."""
        await self._made_whole(catalog)
        try:
            await self._connection.call(method, request)
        except MilvusRefusal as refusal:
            if refusal.code != COLLECTION_NOT_FOUND:
                raise
            # Another replica removed the catalogue, and this is the first that is kept of the next one of its name.
            self._made.discard(catalog)
            await self._made_whole(catalog)
            await self._connection.call(method, request)

    async def drop(self, catalog: str) -> None:
        """Remove the collection, if it is there."""
        self._made.discard(catalog)
        await self._connection.call("DropCollection", DropCollectionRequest(collection_name=name_of(catalog)))

    async def complete(self, catalog: str) -> None:
        """Mark the collection."""
        properties = pairs(**{COMPLETE_PROPERTY: 1})
        request = AlterCollectionRequest(collection_name=name_of(catalog), properties=properties)
        await self.change(catalog, "AlterCollection", request)

    async def completed(self) -> set[str]:
        """Return the catalogues whose collections are marked."""
        return {
            each
            for each in await self._catalogs()
            if COMPLETE_PROPERTY in (await self._properties(each) or {})
        }

    async def warm_up(self) -> None:
        """Return when every collection is loaded; start loading those that are not.

        Raises:
            Unavailable: not yet, or Milvus has no BM25.
        """
        await self._check_version()
        names = [name_of(each) for each in await self._catalogs()]
        for name in names:
            if not await self._loader.is_loaded(name):
                await self._make(name)
        await self._loader.start_missing(names)

    async def _made_whole(self, catalog: str) -> None:
        """Return when the collection is there, loaded; make it where it is not."""
        if catalog in self._made:
            return
        async with self._making.holding([catalog]):
            await self._make(name_of(catalog))
            await self._loader.load(name_of(catalog))
            self._made.add(catalog)

    async def _make(self, name: str) -> None:
        """Make what is missing of it: who made it may have ended before there was an index."""
        await make_collection(self._connection, _schema(name))
        await make_index(self._connection, name, SPARSE, _index_parameters())

    async def _check_version(self) -> None:
        version = (await self._connection.call("GetVersion", GetVersionRequest())).version
        numbers = _NUMBERS.search(version)
        if numbers is None or (int(numbers[1]), int(numbers[2])) < MILVUS_MIN:
            raise Unavailable(
                f"Milvus {version} has no BM25, which TRIPTYCH_SEARCH_LEXICAL=milvus needs: take Milvus 2.5 or later, "
                "or TRIPTYCH_SEARCH_LEXICAL=sqlite.",
                reason=Reason.DEPENDENCY_UNAVAILABLE,
                metadata={"dependency": "milvus", "version": version},
            )

    async def _catalogs(self) -> list[str]:
        shown = await self._connection.call("ShowCollections", ShowCollectionsRequest())
        matches = [match for name in shown.collection_names if (match := _NAME.fullmatch(name))]
        return sorted(match["catalog"] for match in matches)

    async def _properties(self, catalog: str) -> dict[str, str] | None:
        response = await described(self._connection, name_of(catalog))
        return None if response is None else properties_in(response)


def _schema(name: str) -> CollectionSchema:
    # The words are taken apart already: the analyser has nothing to do but to split at spaces.
    analyser: dict[str, Any] = {
        "enable_analyzer": "true",
        "analyzer_params": json.dumps({"tokenizer": "standard"}),
    }
    return CollectionSchema(
        name=name,
        description="Words of products",
        fields=[
            *key_fields(),
            text_field(TEXT, TEXT_BYTES_MAX, **analyser),
            text_field(SPELLINGS, TEXT_BYTES_MAX),
            *facts_fields(),
            FieldSchema(name=SPARSE, data_type=DataType.SparseFloatVector, is_function_output=True),
        ],
        functions=[
            FunctionSchema(
                name="bm25",
                type=FunctionType.BM25,
                input_field_names=[TEXT],
                output_field_names=[SPARSE],
            )
        ],
    )


def _index_parameters() -> list[KeyValuePair]:
    build = json.dumps({"bm25_k1": BM25_K1, "bm25_b": BM25_B})
    return pairs(index_type="SPARSE_INVERTED_INDEX", metric_type="BM25", params=build)
