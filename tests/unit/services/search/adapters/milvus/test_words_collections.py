"""The collections of words, on a Milvus that is made up: the real one of the tests has no BM25."""

import pytest
from pymilvus.grpc_gen.common_pb2 import LoadStateLoaded, LoadStateNotLoad, Status
from pymilvus.grpc_gen.milvus_pb2 import (
    AlterCollectionRequest,
    GetLoadStateResponse,
    GetVersionResponse,
    ShowCollectionsResponse,
)

from services.search.adapters.milvus.errors import MilvusRefusal
from services.search.adapters.milvus.lexical.collections import WordsCollections, name_of
from triptych.vocabulary.errors import Unavailable

NAME = name_of("shop")


class HalfMade:
    """Has the collection; loads it only once it has an index, as Milvus does (700: index not found)."""

    def __init__(self):
        self.has_index = self.is_loaded = False

    async def call(self, method, request):
        match method:
            case "GetVersion":
                return GetVersionResponse(version="v2.5.4")
            case "ShowCollections":
                return ShowCollectionsResponse(collection_names=[NAME])
            case "CreateIndex":
                self.has_index = True
            case "GetLoadState":
                return GetLoadStateResponse(state=LoadStateLoaded if self.is_loaded else LoadStateNotLoad)
            case "LoadCollection":
                if not self.has_index:
                    raise MilvusRefusal(Status(code=700, reason="index not found"))
                self.is_loaded = True
        return None


async def test_a_room_that_was_killed_while_it_made_one_keeps_no_other_from_becoming_ready():
    """What has no index yet is given one, and loaded."""
    milvus = HalfMade()
    words = WordsCollections(milvus)

    with pytest.raises(Unavailable):
        await words.warm_up()
    await words.warm_up()

    assert (True, True) == (milvus.has_index, milvus.is_loaded)


async def test_a_room_that_was_killed_while_it_made_one_keeps_no_other_from_writing():
    """The first change completes it."""
    milvus = HalfMade()

    await WordsCollections(milvus).change(
        "shop", "AlterCollection", AlterCollectionRequest(collection_name=NAME)
    )

    assert (True, True) == (milvus.has_index, milvus.is_loaded)
