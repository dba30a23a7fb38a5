"""Requests that protobuf refuses to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triptych.runtime.malformed import Malformed, tolerant
from triptych.v1 import catalog_service_pb2, product_search_service_pb2
from triptych.vocabulary.errors import Reason

BROKEN = b"\xff\xfe"


def parsed(message, find: bytes):
    """Serialise *message* and put bytes that are no UTF-8 in place of *find*."""
    data = message.SerializeToString()
    assert find in data
    return tolerant(type(message))(data.replace(find, BROKEN))


class TestTolerant:
    def test_a_good_message_is_parsed(self):
        """What protobuf can read passes through."""
        request = product_search_service_pb2.SearchProductsRequest(catalog="shoes")

        assert request == tolerant(type(request))(request.SerializeToString())

    def test_a_broken_string_is_named(self):
        """The path leads through repeated fields to the string."""
        request = product_search_service_pb2.SearchProductsRequest()
        request.parts.add(text="fine")
        request.parts.add(text="xx")

        error = parsed(request, b"xx").error

        assert (Reason.INVALID_UTF8, "parts[1].text") == (error.reason, error.field)

    def test_a_broken_key_of_a_map_is_named(self):
        """A map is searched through its entries."""
        request = catalog_service_pb2.UpsertProductsRequest()
        request.products.add(id="a").attributes["xx"].string_value = "red"

        error = parsed(request, b"xx").error

        assert (Reason.INVALID_UTF8, "products[0].attributes[0].key") == (error.reason, error.field)

    @pytest.mark.parametrize("data", [b"\x0a", b"\xff" * 40, b"\x0a\x05ab"])
    def test_bytes_that_are_no_message_are_said_to_be(self, data):
        """Truncated or random bytes are malformed, whatever field they would have been."""
        outcome = tolerant(product_search_service_pb2.SearchProductsRequest)(data)

        assert isinstance(outcome, Malformed)
        assert Reason.MALFORMED_REQUEST == outcome.error.reason

    @given(st.binary(max_size=200))
    def test_no_bytes_raise(self, data):
        """Whatever arrives is a message or a Malformed."""
        parse = tolerant(catalog_service_pb2.UpsertProductsRequest)

        assert isinstance(parse(data), Malformed | catalog_service_pb2.UpsertProductsRequest)
