import pytest
import torch

from training.networks.blocks import unit
from training.networks.fusion import PARTS_MAX, compact_fusion_heads, modality_sums, relative, weighted_sum

HEADS = ("concatenation", "bilinear", "learned")


@pytest.fixture(params=HEADS)
def head(request):
    """Return one head with random weights, so that what it adds to the weighted sum is not zero."""
    torch.manual_seed(1)
    chosen = getattr(compact_fusion_heads(), request.param).eval()
    with torch.no_grad():
        for parameter in chosen.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return chosen.requires_grad_(False)


def _parts(*weights, modalities=None):
    generator = torch.Generator().manual_seed(2)
    vectors = torch.zeros(1, PARTS_MAX, 256)
    vectors[0, : len(weights)] = unit(torch.randn(len(weights), 256, generator=generator))
    padded = torch.zeros(1, PARTS_MAX)
    padded[0, : len(weights)] = torch.tensor(weights)
    owners = torch.zeros(1, PARTS_MAX, dtype=torch.int32)
    owners[0, : len(weights)] = torch.tensor(modalities or range(len(weights)))
    return vectors, padded, owners


def test_vectors_have_unit_length(head):
    """A head answers with 256 numbers of length 1."""
    fused = head(*_parts(1.0, 0.5, -0.3))
    assert (1, 256) == fused.shape
    torch.testing.assert_close(fused.norm(dim=-1), torch.ones(1))


def test_order_of_parts_does_not_matter(head):
    """Shuffled parts give the same vector."""
    vectors, weights, modalities = _parts(1.0, 0.5, -0.3, 0.2)
    order = torch.randperm(PARTS_MAX, generator=torch.Generator().manual_seed(3))
    shuffled = head(vectors[:, order], weights[:, order], modalities[:, order])
    torch.testing.assert_close(shuffled, head(vectors, weights, modalities), atol=1e-5, rtol=0)


@pytest.mark.parametrize("scale", [1e-3, 7.0, 1e4])
def test_scale_of_weights_does_not_matter(head, scale):
    """Weights 1 and 2 mean what weights 7 and 14 mean."""
    vectors, weights, modalities = _parts(1.0, 2.0, -0.5)
    scaled = head(vectors, weights * scale, modalities)
    torch.testing.assert_close(scaled, head(vectors, weights, modalities), atol=1e-5, rtol=0)


def test_absent_parts_do_not_matter(head):
    """What stands in a place of weight 0 is not looked at."""
    vectors, weights, modalities = _parts(1.0, 2.0)
    noise = torch.where(weights[..., None] == 0, torch.randn_like(vectors), vectors)
    other = torch.where(weights == 0, 3, modalities)
    torch.testing.assert_close(
        head(noise, weights, other), head(vectors, weights, modalities), atol=1e-6, rtol=0
    )


def test_number_of_places_does_not_matter(head):
    """Two parts in two places mean what two parts in sixteen places mean."""
    parts = _parts(1.0, 2.0)
    few = tuple(part[:, :2] for part in parts)
    torch.testing.assert_close(head(*few), head(*parts), atol=1e-5, rtol=0)


@pytest.mark.parametrize("change", ["weight", "sign", "modality"])
def test_weight_sign_and_modality_matter(head, change):
    """Another weight, a negative one, or another modality changes the answer."""
    changed = {
        "weight": _parts(1.0, 0.3),
        "sign": _parts(1.0, -1.0),
        "modality": _parts(1.0, 1.0, modalities=(0, 2)),
    }
    difference = (head(*changed[change]) - head(*_parts(1.0, 1.0))).norm()
    assert difference > 1e-2


def test_untrained_heads_are_the_weighted_sum():
    """Before training, every head answers with the weighted sum."""
    parts = _parts(1.0, 2.0, -0.5)
    heads = compact_fusion_heads().requires_grad_(False)
    expected = unit(weighted_sum(*parts[:2]))
    for name in HEADS:
        torch.testing.assert_close(getattr(heads, name)(*parts), expected)


def test_relative_weights_sum_to_one_in_size():
    """Weights 3 and -1 become 0.75 and -0.25."""
    assert torch.equal(torch.tensor([[0.75, -0.25]]), relative(torch.tensor([[3.0, -1.0]])))


def test_modality_sums_keep_modalities_apart():
    """Each modality has its own quarter of the sums."""
    vectors = torch.ones(1, 2, 256)
    sums = modality_sums(vectors, torch.tensor([[1.0, 3.0]]), torch.tensor([[2, 0]])).view(4, 256)
    assert [0.75, 0.0, 0.25, 0.0] == sums[:, 0].tolist()
