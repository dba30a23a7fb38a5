"""The schema's rules, as errors."""

import math

import pytest

from triptych.runtime.validation import validate
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2
from triptych.vocabulary.errors import InvalidArgument, Reason


def violation(message) -> InvalidArgument:
    with pytest.raises(InvalidArgument) as caught:
        validate(message)
    return caught.value


class TestValidate:
    def test_a_good_request_passes(self):
        """Defaults need not be filled in."""
        validate(pb.SearchProductsRequest(parts=[pb.QueryPart(text="red mug")]))

    @pytest.mark.parametrize(
        ("request_", "field"),
        [
            (pb.SearchProductsRequest(parts=[pb.QueryPart()]), "parts[0].content"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a")] * 9), "parts"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a", weight=0)]), "parts[0].weight"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a", weight=math.nan)]), "parts[0].weight"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a", weight=math.inf)]), "parts[0].weight"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a")], page_size=-1), "page_size"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a")], catalog="No!"), "catalog"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a")], fusion=99), "fusion"),
            (pb.SearchProductsRequest(parts=[pb.QueryPart(text="a" * 1025)]), "parts[0].text"),
            (
                pb.SearchProductsRequest(parts=[pb.QueryPart(image=types_pb2.Media())]),
                "parts[0].image.source",
            ),
            (types_pb2.Product(), "id"),
            (types_pb2.Product(id="a\n"), "id"),
            (types_pb2.Product(id="a", images=[types_pb2.Media()]), "images[0].source"),
        ],
    )
    def test_a_broken_rule_names_its_field(self, request_, field):
        """The path is the one that a client would write."""
        error = violation(request_)

        assert (Reason.FIELD_INVALID, field) == (error.reason, error.field)

    def test_a_key_of_a_map_is_part_of_the_path(self):
        """Map entries are named by their key."""
        product = types_pb2.Product(id="a")
        product.attributes["x" * 65].bool_value = True

        assert f'attributes["{"x" * 65}"]' == violation(product).field
