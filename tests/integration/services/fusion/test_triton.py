"""The pack's own fusion heads in a real Triton: what holds of every strategy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.fusion.adapters.triton import TritonFusionModel
from services.fusion.core.fuser import Fuser
from services.fusion.core.parts import WeightedVector
from triptych.runtime.triton import open_triton
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.errors import Reason
from triptych.vocabulary.vectors import pack

MANY_GROUPS = 150


@pytest.fixture(scope="module")
async def fuser(triton):
    async with open_triton(triton) as client:
        fuser = Fuser(TritonFusionModel(client, "fusion"))
        await fuser.warm_up()
        yield fuser


def group(fuser, seed, weights=(1.0, 0.5, -0.25)) -> tuple[WeightedVector, ...]:
    """Return a group of random directions, one per weight, of modalities in turn."""
    random = np.random.default_rng(seed)
    space = fuser.facts().space
    return tuple(
        WeightedVector(
            pack(random.normal(size=space.dimension)), space.dimension, space.id, weight, Modality(1 + i % 4)
        )
        for i, weight in enumerate(weights)
    )


def reweighted(part: WeightedVector, weight: float) -> WeightedVector:
    return WeightedVector(part.data, part.dimension, part.space, weight, part.modality)


def test_facts(fuser):
    """The model says where its vectors live, and takes as many parts as a request may hold."""
    facts = fuser.facts()

    assert facts.space.id.endswith("/fused")
    assert facts.space.unit_length
    assert facts.version.space == facts.space.id
    assert facts.parts_max == 16


@pytest.mark.parametrize("strategy", FusionStrategy)
async def test_many_groups(fuser, strategy):
    """More groups than one batch holds give, each in its place, what each gives alone: vectors of length 1."""
    groups = [group(fuser, seed, (1.0,) * (1 + seed % 16)) for seed in range(MANY_GROUPS)]

    together, facts = await fuser.fuse(strategy, groups)

    assert np.shape(together) == (MANY_GROUPS, facts.space.dimension)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-3)
    for place in (0, 1, 70, MANY_GROUPS - 1):
        [alone], _ = await fuser.fuse(strategy, [groups[place]])
        np.testing.assert_allclose(together[place], alone, atol=1e-2)


@pytest.mark.parametrize("strategy", FusionStrategy)
@given(
    seed=st.integers(0, 2**32 - 1),
    weights=st.lists(st.floats(0.1, 10) | st.floats(-10, -0.1), min_size=1, max_size=15),
    scale=st.floats(0.01, 100),
    data=st.data(),
)
@settings(deadline=None, max_examples=15)
async def test_order_and_scale_never_matter(fuser, strategy, seed, weights, scale, data):
    """A permutation with all weights scaled gives the same vector."""
    original = group(fuser, seed, (10.0, *weights))
    changed = tuple(reweighted(part, part.weight * scale) for part in data.draw(st.permutations(original)))

    [first, second], _ = await fuser.fuse(strategy, [original, changed])

    np.testing.assert_allclose(first, second, atol=1e-3)


@pytest.mark.parametrize("strategy", FusionStrategy)
async def test_negative_weight_moves_away(fuser, strategy):
    """With "not like this", the result is less like this than without."""
    groups = [group(fuser, seed, (1.0, -0.5)) for seed in range(50)]
    unwanted = np.array([np.frombuffer(parts[1].data, "<f4") for parts in groups])

    without, _ = await fuser.fuse(strategy, [parts[:1] for parts in groups])
    away, _ = await fuser.fuse(strategy, groups)

    falls = np.sum(np.array(without) * unwanted, axis=1) - np.sum(np.array(away) * unwanted, axis=1)
    assert (falls > 0).all()


@pytest.mark.parametrize("strategy", FusionStrategy)
async def test_cancelling_is_refused(fuser, strategy):
    """A group that cancels is refused; its neighbour is fused."""
    [part] = group(fuser, 0, (1.0,))

    [refused, fused], _ = await fuser.fuse(strategy, [(part, reweighted(part, -1.0)), (part,)])

    assert refused.reason is Reason.PARTS_CANCEL
    assert np.linalg.norm(fused) == pytest.approx(1, rel=1e-3)
