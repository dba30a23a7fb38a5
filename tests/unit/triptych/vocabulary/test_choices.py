"""The vocabulary's choices are the schema's."""

import pytest

from triptych.v1 import types_pb2
from triptych.vocabulary import choices


@pytest.mark.parametrize(
    ("ours", "schema", "prefix"),
    [
        (choices.Modality, types_pb2.Modality, "MODALITY_"),
        (choices.FusionStrategy, types_pb2.FusionStrategy, "FUSION_STRATEGY_"),
        (choices.SimilarityMetric, types_pb2.SimilarityMetric, "SIMILARITY_METRIC_"),
        (choices.RankingStrategy, types_pb2.RankingStrategy, "RANKING_STRATEGY_"),
        (choices.SpaceKind, types_pb2.SearchSpace, "SEARCH_SPACE_"),
        (choices.WriteMode, types_pb2.WriteMode, "WRITE_MODE_"),
        (choices.Consistency, types_pb2.Consistency, "CONSISTENCY_"),
    ],
)
def test_names_and_numbers_agree(ours, schema, prefix):
    """Each of our choices has the number of its namesake, and none is missing."""
    expected = {name.removeprefix(prefix): number for name, number in schema.items() if number}

    assert expected == {choice.name: choice.value for choice in ours}
