import pytest
import torch

from training.networks.blocks import unit
from training.networks.fusion import HEADS, FusionHeads, WeightedFusion, compact_fusion_heads, weighted_sum


@pytest.fixture
def heads():
    """Return small heads of dimension 24."""
    torch.manual_seed(0)
    return FusionHeads(rank=8, width=16, layers=1, heads=2, dimension=24).eval()


def _parts():
    vectors = unit(torch.randn(5, 3, 24, generator=torch.Generator().manual_seed(1)))
    weights = torch.tensor([1.0, 2.0, 0.5]).expand(5, 3)
    return vectors, weights, torch.tensor([0, 1, 2]).expand(5, 3)


@pytest.mark.parametrize("name", HEADS)
def test_heads_take_any_dimension(heads, name):
    """Every head of a pack of 24 dimensions answers with 24, of unit length; untrained it is the weighted sum."""
    fused = heads.by_name()[name](*_parts())
    torch.testing.assert_close(fused, unit(weighted_sum(*_parts()[:2])))


def test_weighted_fusion_multiplies_the_weights_of_a_modality():
    """A factor of 3 for pictures is the same as a weight three times as large."""
    head = WeightedFusion()
    with torch.no_grad():
        head.log_factors[1] = torch.log(torch.tensor(3.0))
    vectors, weights, modalities = _parts()
    louder = weights * torch.tensor([1.0, 3.0, 1.0])
    torch.testing.assert_close(head(vectors, weights, modalities), unit(weighted_sum(vectors, louder)))


def test_weights_of_packs_without_learned_factors_load():
    """A pack written before there were learned factors loads, with factors of 1; other gaps are refused."""
    heads = compact_fusion_heads()
    before = {name: value for name, value in heads.state_dict().items() if "weighted" not in name}
    heads.load_state_dict(before)
    assert [1.0] * 4 == heads.weighted.factors().tolist()
    before.pop("learned.summary")
    with pytest.raises(RuntimeError, match=r"learned\.summary"):
        heads.load_state_dict(before)


def test_by_name_lists_all_heads(heads):
    """Every strategy has its head."""
    assert set(HEADS) == set(heads.by_name())
