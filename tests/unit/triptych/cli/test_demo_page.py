"""The page of the demonstration."""

import pytest
from google.protobuf.duration_pb2 import Duration

from triptych.cli.demo_page import Fact, Stage, card, render, section, stages, way
from triptych.cli.demo_samples import Sample, SamplePart
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2


def found(title="Red mug", view=None):
    """A product found."""
    product = types_pb2.Product(id="p1", title=title, category="mug")
    product.price.currency_code, product.price.units = "EUR", 12
    for name, value in {"colour": "red", "material": "wood", "title_zh": "红色杯子"}.items():
        product.attributes[name].string_value = value
    best = None if view is None else pb.View(modality=types_pb2.MODALITY_IMAGE, index=view)
    return pb.SearchResult(product=product, score=0.5, best_view=best)


class TestCard:
    def test_says_what_was_asked_for(self):
        """The category and attributes are shown, those that the search wanted are marked."""
        made = card(found(), {"category": "mug", "colour": "red", "material": "metal"}, {})

        assert (Fact("mug", True), Fact("red", True), Fact("wood", False)) == made.facts
        assert ("红色杯子", "12.00 EUR", "") == (made.chinese, made.price, made.picture)

    @pytest.mark.parametrize(("view", "picture"), [(None, "a.jpg"), (0, "a.jpg"), (1, "b.jpg"), (7, "b.jpg")])
    def test_shows_the_view_by_which_it_was_found(self, view, picture):
        """The first picture stands for a whole product; a view that is not there does not break the page."""
        assert picture == card(found(view=view), {}, {"p1": ["a.jpg", "b.jpg"]}).picture


class TestWay:
    def test_mix(self):
        """A mix names its fusion and its ranking."""
        understood = pb.QueryInterpretation(
            path=pb.QueryInterpretation.PATH_MULTIMODAL,
            fusion=types_pb2.FUSION_STRATEGY_WEIGHTED_SUM,
            ranking=types_pb2.RANKING_STRATEGY_DIVERSE,
        )
        assert "multimodal · weighted sum fusion · diverse ranking" == way(understood)

    def test_one_modality(self):
        """What did not happen is not named."""
        understood = pb.QueryInterpretation(path=pb.QueryInterpretation.PATH_SINGLE_MODALITY)
        assert "single modality" == way(understood)


class TestStages:
    def test_shares_are_of_the_whole(self):
        """A stage's width on the page is its part of all stages' time."""
        response = pb.SearchProductsResponse()
        response.stages.add(stage="look_up", duration=Duration(nanos=3_000_000))
        response.stages.add(stage="search", duration=Duration(nanos=1_000_000))

        assert [Stage("look up", 3.0, 0.75), Stage("search", 1.0, 0.25)] == list(stages(response))

    def test_no_time_at_all(self):
        """A clock that stood still is no division by zero."""
        response = pb.SearchProductsResponse()
        response.stages.add(stage="search")

        assert [Stage("search", 0.0, 0.0)] == list(stages(response))


class TestRender:
    def test_every_kind_of_part(self):
        """Words, a picture, a player and the weights are on the page."""
        parts = (
            SamplePart("text", "mug", weight=-0.5),
            SamplePart("image", file="queries/a.jpg"),
            SamplePart("audio", "a lamp", "queries/a.wav"),
        )
        response = pb.SearchProductsResponse(results=[found()])
        html = render([section(Sample("A mix", parts), response, {})], catalog="demo", products=3600)

        for piece in (
            "<q>mug</q>",
            "not like this, weight -0.5",
            'src="queries/a.jpg"',
            '<audio controls preload="metadata" src="queries/a.wav">',
            "12.00 EUR",
            "0.500",
            "3,600 products",
        ):
            assert piece in html, piece

    def test_nothing_found(self):
        """An empty answer says so."""
        made = section(Sample("Words", (SamplePart("text", "mug"),)), pb.SearchProductsResponse(), {})
        assert "Nothing found." in render([made], catalog="demo", products=0)

    def test_words_are_no_markup(self):
        """A title is text, whatever stands in it."""
        response = pb.SearchProductsResponse(results=[found(title='<img src=x onerror="alert(1)">')])
        made = section(Sample("<em>", (SamplePart("text", "<i>"),)), response, {"p1": ['"><script>']})
        html = render([made], catalog="demo", products=1)

        assert [] == [piece for piece in ("<img src=x", "<em>", "<i>", "<script>") if piece in html]
