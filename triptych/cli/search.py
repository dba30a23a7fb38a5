"""`triptych search`: any mix of words, pictures, sounds and products."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from triptych.cli import search_options as said
from triptych.cli.choices import boost as boost_of
from triptych.cli.choices import choice
from triptych.cli.choices import facet as facet_of
from triptych.cli.connection import connect
from triptych.cli.explanations import explanation_lines, part_names
from triptych.cli.findings import finding_lines
from triptych.cli.heard import heard_lines
from triptych.cli.options import Address, AsJson, Catalog, Timeout
from triptych.cli.output import (
    EXIT_BAD_INPUT,
    errors_as_lines,
    fail,
    how_it_was_found,
    out,
    print_json,
    results_table,
)
from triptych.cli.query_parts import parts_of
from triptych.client import SearchChoices
from triptych.v1 import product_search_service_pb2 as pb
from triptych.v1 import types_pb2


def search(
    text: said.Texts = None,
    image: said.Images = None,
    audio: said.Sounds = None,
    like: said.Likes = None,
    weight: said.Weights = None,
    region: said.Regions = None,
    audio_mode: said.Hearing = "",
    exclude_text: said.NoTexts = None,
    exclude_image: said.NoImages = None,
    exclude_audio: said.NoSounds = None,
    exclude_like: said.NoLikes = None,
    exclude_similarity: said.NoLikeness = None,
    filter_: said.Filter = "",
    facet: said.Facets = None,
    group: said.Group = False,
    order_by: said.Order = "",
    boost: said.Boosts = None,
    fusion: said.Fusion = "",
    similarity: said.Similarity = "",
    ranking: said.Ranking = "",
    diversity_lambda: said.Lambda = None,
    space: said.Space = "",
    lexical_weight: said.LexicalWeight = None,
    hybrid_fusion: said.HybridFusion = "",
    rescoring: said.Rescoring = "",
    min_relevance: said.Relevance = None,
    spelling: said.Spelling = "",
    consistency: said.Consistency = "",
    degrade_policy: said.DegradePolicy = "",
    explain: said.Explain = "",
    limit: said.Limit = 10,
    pages: said.Pages = 1,
    page_token: said.PageToken = "",
    catalog: Catalog = "default",
    address: Address = "localhost:7100",
    timeout_s: Timeout = 10.0,
    as_json: AsJson = False,
) -> None:
    """Search for products: by words, pictures, sounds, products like it, or any mix; without any, browse by --order-by."""
    contents: dict[str, Sequence[Any]] = {
        "text": text or [],
        "image": image or [],
        "audio": audio or [],
        "like": like or [],
        "exclude-text": exclude_text or [],
        "exclude-image": exclude_image or [],
        "exclude-audio": exclude_audio or [],
        "exclude-like": exclude_like or [],
    }
    if not any((text, image, audio, like, order_by)):
        raise fail(
            "say what to look for: --text, --image, --audio or --like; or --order-by, to browse",
            EXIT_BAD_INPUT,
        )
    asked = pb.SearchProductsRequest
    choices: SearchChoices = {
        "catalog": catalog,
        "page_size": limit,
        "filter": filter_,
        "facets": [facet_of(each) for each in facet or []],
        "group_by": "group_id" if group else "",
        "order_by": order_by,
        "boosts": [boost_of(each) for each in boost or []],
        "fusion": choice(types_pb2.FusionStrategy, "fusion", fusion),
        "similarity": choice(types_pb2.SimilarityMetric, "similarity", similarity),
        "ranking": choice(types_pb2.RankingStrategy, "ranking", ranking),
        "diversity_lambda": diversity_lambda,
        "search_space": choice(types_pb2.SearchSpace, "space", space),
        "lexical_weight": lexical_weight,
        "hybrid_fusion": choice(types_pb2.HybridFusion, "hybrid-fusion", hybrid_fusion),
        "rescoring": choice(types_pb2.SimilarityMetric, "rescoring", rescoring),
        "min_relevance": min_relevance,
        "spelling": choice(asked.Spelling, "spelling", spelling),
        "consistency": choice(types_pb2.Consistency, "consistency", consistency),
        "degrade_policy": choice(asked.DegradePolicy, "degrade-policy", degrade_policy),
        "explain": choice(asked.ExplainLevel, "explain", explain),
    }
    with errors_as_lines(), connect(address) as client:
        parts = list(parts_of(contents, weight or [], region or [], audio_mode, exclude_similarity))
        answers = client.pages(parts=parts, page_token=page_token, timeout_s=timeout_s, **choices)
        first = 1
        for answer in islice(answers, pages):
            show(answer, as_json=as_json, names=part_names(contents), first=first)
            first += len(answer.results)


def show(
    response: pb.SearchProductsResponse, *, as_json: bool, names: Sequence[str] = (), first: int = 1
) -> None:
    """Print the answer; *names* are those of the query's parts, *first* is the place of its first product."""
    if as_json:
        print_json(response)
        return
    out.print(results_table(response, first=first) if response.results else "nothing found")
    for line in lines(response, names, first):
        out.print(line, soft_wrap=True)
    out.print(how_it_was_found(response), style="dim", soft_wrap=True)


def lines(response: pb.SearchProductsResponse, names: Sequence[str], first: int) -> Iterator[str]:
    """Yield what an answer says beside its products."""
    yield from heard_lines(response)
    yield from finding_lines(response)
    yield from explanation_lines(response, names, first)
