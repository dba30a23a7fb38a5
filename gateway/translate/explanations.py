"""Explanations of a search."""

from gateway.core.explain.model import Contribution, Explanation
from triptych.runtime import wire
from triptych.v1 import product_search_service_pb2 as search_pb
from triptych.v1 import types_pb2


def explanation(item: Explanation) -> search_pb.Explanation:
    """Return why a product stands where it does."""
    return search_pb.Explanation(
        contributions=[contribution(each) for each in item.contributions],
        modalities=[
            search_pb.ModalityContribution(modality=types_pb2.Modality.ValueType(modality), value=value)
            for modality, value in item.modalities.items()
        ],
        counterfactuals=[
            search_pb.Counterfactual(part=each.part, rank=each.rank) for each in item.counterfactuals
        ],
        words=[
            search_pb.WordImportance(part=each.part, word=each.word, importance=each.importance)
            for each in item.words
        ],
        regions=[
            search_pb.RegionImportance(
                part=each.part, region=wire.box_message(each.region), importance=each.importance
            )
            for each in item.regions
        ],
    )


def contribution(item: Contribution) -> search_pb.Contribution:
    """Return what something adds to a score."""
    return search_pb.Contribution(
        stage=search_pb.Contribution.Stage.ValueType(item.stage),
        part=item.part,
        boost=item.boost,
        value=item.value,
    )
