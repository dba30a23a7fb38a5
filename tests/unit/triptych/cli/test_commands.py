"""The commands that talk to a gateway."""

import json

import pytest
from google.protobuf.json_format import Parse
from typer.testing import CliRunner

from triptych.cli.main import app
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2


@pytest.fixture
def run(gateway, tmp_path, monkeypatch):
    """Run a command against the fake gateway; returns what typer's runner returns."""
    monkeypatch.setenv("TRIPTYCH_ADDRESS", gateway.address)
    monkeypatch.setenv("TRIPTYCH_STATE", str(tmp_path / "state"))
    runner = CliRunner()
    return lambda *arguments: runner.invoke(app, [str(a) for a in arguments])


def write_lines(path, *products):
    path.write_text("".join(json.dumps(p) + "\n" if isinstance(p, dict) else p + "\n" for p in products))
    return path


class TestSearch:
    def test_parts_and_weights_reach_the_gateway(self, run, gateway, tmp_path):
        """Several parts of one kind are weighed one by one or together."""
        photo = tmp_path / "a.jpg"
        photo.write_bytes(b"picture")

        result = run(
            "search", "--text", "mug", "--image", photo, "--image", photo,
            "--weight", "text=2", "--weight", "image.2=-0.5", "--like", "p1",
        )  # fmt: skip

        assert 0 == result.exit_code, result.output
        (request,) = gateway.searches
        assert [("text", 2), ("image", None), ("image", -0.5), ("product_id", None)] == [
            (p.WhichOneof("content"), p.weight if p.HasField("weight") else None) for p in request.parts
        ]

    def test_choices_are_given_by_their_last_word(self, run, gateway):
        """No prefix of an enum needs to be typed."""
        run("search", "--text", "a", "--fusion", "bilinear", "--similarity", "euclidean", "--ranking", "diverse",
            "--space", "image", "--limit", "3")  # fmt: skip

        (request,) = gateway.searches
        assert (
            types_pb2.FUSION_STRATEGY_BILINEAR,
            types_pb2.SIMILARITY_METRIC_EUCLIDEAN,
            types_pb2.RANKING_STRATEGY_DIVERSE,
            types_pb2.SEARCH_SPACE_IMAGE,
            3,
        ) == (request.fusion, request.similarity, request.ranking, request.search_space, request.page_size)

    def test_everything_a_search_can_say_can_be_typed(self, run, gateway, tmp_path):
        """Options become the fields of the request."""
        photo, sound = tmp_path / "a.jpg", tmp_path / "a.wav"
        photo.write_bytes(b"picture")
        sound.write_bytes(b"sound")

        result = run(
            "search", "--image", photo, "--region", "image=0,0.5,1,1", "--audio", sound, "--audio-mode", "speech",
            "--exclude-text", "red hat", "--exclude-image", photo, "--exclude-like", "p1", "--exclude-similarity", "0.5",
            "--filter", "price < 50", "--facet", "brand", "--facet", "price:10,50", "--group",
            "--boost", "popularity:0.2:5", "--boost", "freshness:0.1:2", "--boost", "stock:-0.1:in_stock = true",
            "--lexical-weight", "0.4", "--hybrid-fusion", "ranks", "--rescoring", "mahalanobis",
            "--min-relevance", "0.3", "--spelling", "auto", "--explain", "full", "--degrade-policy", "forbid", "--page-token", "t",
        )  # fmt: skip

        assert 0 == result.exit_code, result.output
        media = types_pb2.Media(data=b"picture")
        expected = pb.SearchProductsRequest(
            catalog="default",
            parts=[
                pb.QueryPart(image=media, region=types_pb2.BoundingBox(top=0.5, right=1, bottom=1)),
                pb.QueryPart(audio=types_pb2.Media(data=b"sound"), audio_mode=types_pb2.AUDIO_MODE_SPEECH),
                pb.QueryPart(text="red hat", exclude=True),
                pb.QueryPart(image=media, exclude=True, exclude_similarity=0.5),
                pb.QueryPart(product_id="p1", exclude=True),
            ],
            filter="price < 50",
            page_size=10,
            page_token="t",
            facets=[pb.FacetSpec(field="brand"), pb.FacetSpec(field="price", bounds=[10, 50])],
            group_by="group_id",
            boosts=[
                pb.Boost(name="popularity", weight=0.2, popularity={"half": 5}),
                pb.Boost(name="freshness", weight=0.1, freshness={"half_life": {"seconds": 172_800}}),
                pb.Boost(name="stock", weight=-0.1, condition="in_stock = true"),
            ],
            lexical_weight=0.4,
            hybrid_fusion=types_pb2.HYBRID_FUSION_RANKS,
            rescoring=types_pb2.SIMILARITY_METRIC_MAHALANOBIS,
            min_relevance=0.3,
            spelling=pb.SearchProductsRequest.SPELLING_AUTO,
            explain=pb.SearchProductsRequest.EXPLAIN_LEVEL_FULL,
            degrade_policy=pb.SearchProductsRequest.DEGRADE_POLICY_FORBID,
        )
        assert [expected] == gateway.searches

    def test_pages_are_shown_one_after_the_other(self, run, gateway):
        """As many as are asked for; places go on."""
        gateway.products["a"] = types_pb2.Product(id="a", title="mug")
        gateway.answer = pb.SearchProductsResponse(next_page_token="next")

        result = run("search", "--text", "a", "--pages", "3")

        assert ["", "next", "next"] == [request.page_token for request in gateway.searches]
        assert [1, 1, 1] == [
            sum(
                line.split()[:2] == [f"{at}", "0.5000"]
                for line in result.stdout.replace("│", " ").splitlines()
            )
            for at in (1, 2, 3)
        ]

    def test_products_are_browsed_by_a_field(self, run, gateway):
        """Without anything to look for."""
        run("search", "--order-by", "price", "--filter", "in_stock = true")

        expected = pb.SearchProductsRequest(
            catalog="default", page_size=10, order_by="price", filter="in_stock = true"
        )
        assert [expected] == gateway.searches

    def test_what_is_typed_is_completed(self, run, gateway):
        """A line for each text, with how many products it finds; or the answer as JSON."""
        for name in ("red mug", "red [metal] hat", "blue hat"):
            gateway.products[name] = types_pb2.Product(id=name, title=name)

        assert ["red [metal] hat  (1)", "red mug  (1)"] == run("suggest", "red").stdout.splitlines()
        told = Parse(run("suggest", "red", "--limit", "1", "--json").stdout, pb.SuggestQueriesResponse())
        assert ["red [metal] hat"] == [each.text for each in told.suggestions]

    def test_what_was_found_is_told(self, run, gateway):
        """The suggestion, the number of products, counts, scores of the stages, variants."""
        answer = pb.SearchProductsResponse(total_size=7, total_size_is_exact=True)
        answer.spelling.text = "red mug"
        answer.degradations.add(step=pb.Degradation.STEP_RANKING, reason=pb.Degradation.REASON_SLOW)
        answer.degradations.add(step=pb.Degradation.STEP_PART, reason=pb.Degradation.REASON_LATE, part=1)
        facet = answer.facets.add(field="price", is_exact=True)
        facet.values.add(count=2).interval.to = 10
        setattr(facet.values.add(count=5).interval, "from", 10)
        result = answer.results.add(score=0.5, exact_match=True)
        result.product.id = "a"
        result.scores.vector, result.scores.lexical, result.scores.boosts["stock"] = 0.25, 2, 0.1
        result.group.group_id, result.group.others = "g", 3
        gateway.answer = answer

        shown = " ".join(run("search", "--text", "a").stdout.replace("│", " ").split())

        for words in (
            "left out: ranking (slow) left out: part 2 (late)",
            "did you mean 'red mug'?",
            "7 products",
            "price: below 10 (2), from 10 (5)",
            "vector 0.2500",
            "g +3",
        ):
            assert words in shown

    def test_json_is_the_response_and_nothing_else(self, run, gateway):
        """What is printed parses as the response message."""
        gateway.products["a"] = types_pb2.Product(id="a", title="红色 mug")

        result = run("search", "--text", "a", "--json")

        assert "红色 mug" == Parse(result.stdout, pb.SearchProductsResponse()).results[0].product.title

    def test_a_table_shows_products_and_the_way(self, run, gateway):
        """People see the title, the stages and their times."""
        gateway.products["a"] = types_pb2.Product(id="a", title="mug")

        result = run("search", "--text", "a")

        assert "mug" in result.stdout
        assert "single_modality · encode 2.0 ms" in result.stdout

    def test_brackets_of_a_product_are_shown_as_they_are(self, run, gateway):
        """They are no markup of ours."""
        gateway.products["a"] = types_pb2.Product(id="a", title="mug [red] [/b]")

        result = run("search", "--text", "a")

        assert "mug [red] [/b]" in result.stdout

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((), "say what to look for"),
            (
                ("--text", "a", "--fusion", "magic"),
                "allowed are concatenation, weighted_sum, bilinear, learned",
            ),
            (("--text", "a", "--weight", "text=1.x"), "is no number"),
            (("--text", "a", "--weight", "image=1"), "there is no part 'image'; parts are text"),
            (("--text", "a", "--region", "text=0,0,1,1"), "there is no part 'text'; parts are none"),
            (("--text", "a", "--facet", "price:ten"), "bounds are numbers"),
            (("--text", "a", "--boost", "popularity:much"), "a boost is popularity:WEIGHT[:HALF]"),
            (("--text", "a", "--weight", "smell=1"), "there is no part 'smell'"),
            (("--text", "a", "--weight", "text.2=1"), "there is no part 'text.2'"),
            (("--image", "/no/such/file"), "No such file"),
            (("--text", "a", "--catalog", "nowhere"), "NOT_FOUND CATALOG_NOT_FOUND (catalog)"),
        ],
    )
    def test_bad_input_is_one_line_and_exit_code_2(self, run, arguments, said):
        """Never a traceback."""
        result = run("search", *arguments)

        assert 2 == result.exit_code
        assert said in result.stderr
        assert "Traceback" not in result.output

    def test_a_gateway_that_is_not_there_is_exit_code_1(self, run):
        """The code says what it is."""
        result = run("search", "--text", "a", "--address", "127.0.0.1:1", "--timeout", "0.5")

        assert 1 == result.exit_code
        assert result.stderr.startswith("error ")


class TestGetAndDelete:
    def test_get_shows_a_product(self, run, gateway):
        """As lines for people."""
        gateway.products["a"] = types_pb2.Product(id="a", title="mug")

        assert "mug" in run("get", "a").stdout

    def test_delete_says_what_was_not_there(self, run, gateway):
        """Removing twice is no error."""
        gateway.products["a"] = types_pb2.Product(id="a")

        assert "1 removed, not there: b" in run("delete", "a", "b").stdout

    def test_delete_by_a_filter_says_how_many(self, run, gateway):
        """Ids and a filter together, or neither, are refused."""
        gateway.products |= {each: types_pb2.Product(id=each) for each in "abc"}

        assert 2 == run("delete").exit_code
        assert 2 == run("delete", "a", "--filter", "price < 1").exit_code
        assert "3 removed" in run("delete", "--filter", "price < 1").stdout


class TestIngest:
    def test_products_and_their_pictures_are_stored(self, run, gateway, tmp_path):
        """Paths are relative to the media root and sent as bytes."""
        (tmp_path / "a.jpg").write_bytes(b"picture")
        file = write_lines(
            tmp_path / "p.jsonl", {"id": "a", "title": "mug", "images": ["a.jpg", {"uri": "a.jpg"}]}
        )

        result = run("ingest", file, "--media-root", tmp_path)

        assert 0 == result.exit_code, result.output
        assert [b"picture", b"picture"] == [image.data for image in gateway.products["a"].images]
        assert "1 of 1 products are in catalogue 'default'" in result.stdout

    def test_refused_lines_go_to_a_file_that_can_be_fed_back(self, run, gateway, tmp_path):
        """Broken lines never keep the good ones out, and mended ones need no other form."""
        file = write_lines(
            tmp_path / "p.jsonl",
            {"id": "a", "title": "mug"},
            "this is no JSON",
            {"id": "b", "title": "bad"},
            {"id": "c", "images": ["../../etc/passwd"]},
            {"id": "d", "images": ["missing.jpg"]},
            {"id": "e", "nonsense": 1},
            "[1]",
            {"id": "f", "title": "hat"},
        )

        result = run("ingest", file)

        assert 1 == result.exit_code
        assert {"a", "f"} == set(gateway.products)
        errors = [json.loads(line) for line in (tmp_path / "p.errors.jsonl").read_text().splitlines()]
        assert [2, 3, 4, 5, 6, 7] == sorted(int(e["_error"].split()[1].rstrip(":")) for e in errors)
        mended = tmp_path / "mended.jsonl"
        fixed = [{**e, "title": "good"} for e in errors if e.get("id") == "b"]
        assert 0 == run("ingest", write_lines(mended, *fixed)).exit_code
        assert "b" in gateway.products

    def test_a_second_run_sends_nothing_again(self, run, gateway, tmp_path):
        """What was acknowledged is remembered, and checked."""
        file = write_lines(tmp_path / "p.jsonl", *({"id": f"p{i}", "title": "x"} for i in range(10)))
        run("ingest", file)
        gateway.batches.clear()

        result = run("ingest", file)

        assert [] == gateway.batches
        assert "10 of 10 products are in catalogue 'default', 10 of them from an earlier run" in result.stdout

    def test_a_catalogue_that_was_lost_is_filled_again(self, run, gateway, tmp_path):
        """What is remembered is not believed blindly."""
        file = write_lines(tmp_path / "p.jsonl", {"id": "a", "title": "x"})
        run("ingest", file)
        gateway.products.clear()

        run("ingest", file)

        assert ["a"] == list(gateway.products)

    def test_an_interrupted_run_goes_on_where_it_was(self, run, gateway, tmp_path):
        """Only what was not acknowledged is sent."""
        file = write_lines(tmp_path / "p.jsonl", *({"id": f"p{i}", "title": "x"} for i in range(4)))
        gateway.window = 1
        gateway.breaks_on = "p2"
        assert 1 == run("ingest", file).exit_code
        gateway.breaks_on = ""
        gateway.batches.clear()

        assert 0 == run("ingest", file).exit_code
        assert [["p2"], ["p3"]] == gateway.batches

    def test_of_an_id_that_comes_twice_the_later_line_counts(self, run, gateway, tmp_path):
        """They never travel in one batch."""
        file = write_lines(tmp_path / "p.jsonl", {"id": "a", "title": "old"}, {"id": "a", "title": "new"})

        run("ingest", file)

        assert [["a"], ["a"]] == gateway.batches

    def test_csv_is_read_by_the_names_of_its_columns(self, run, gateway, tmp_path):
        """Columns that are no field of a product become attributes."""
        file = tmp_path / "p.csv"
        file.write_text("id,title,price,inStock,colour\na,mug,12.99 EUR,true,red\n")

        result = run("ingest", file)

        assert 0 == result.exit_code, result.output
        product = gateway.products["a"]
        assert (12, 990_000_000, "EUR") == (
            product.price.units,
            product.price.nanos,
            product.price.currency_code,
        )
        assert (True, "red") == (product.in_stock, product.attributes["colour"].string_value)

    @pytest.mark.parametrize("content", [b"", b"\n\n"])
    def test_an_empty_file_is_said_to_be(self, run, tmp_path, content):
        """Nothing to do is a mistake."""
        file = tmp_path / "p.jsonl"
        file.write_bytes(content)

        assert 2 == run("ingest", file).exit_code

    def test_bytes_that_are_no_text_are_refused_line_by_line(self, run, gateway, tmp_path):
        """The good lines beside them are stored."""
        file = tmp_path / "p.jsonl"
        file.write_bytes(b'{"id": "a", "title": "\xff\xfe"}\n{"id": "b", "title": "x"}\n')

        assert 1 == run("ingest", file).exit_code
        assert ["b"] == list(gateway.products)

    def test_a_file_that_is_not_there(self, run, tmp_path):
        """Named in the error."""
        result = run("ingest", tmp_path / "none.jsonl")

        assert 2 == result.exit_code
        assert "none.jsonl" in result.stderr
