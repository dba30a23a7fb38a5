"""What holds of every strategy for any group."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from services.fusion.adapters.in_memory import InMemoryFusionModel
from services.fusion.core.fuser import Fuser
from services.fusion.core.parts import WeightedVector
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.errors import Reason, TriptychError
from triptych.vocabulary.vectors import pack

DIMENSION = 8
WEIGHTS = st.floats(0.01, 1000) | st.floats(-1000, -0.01)


@st.composite
def groups(draw, weights=WEIGHTS):
    """Groups of 2 to 16 random directions, the first with a positive weight."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    drawn = draw(st.lists(weights, min_size=2, max_size=16))
    return tuple(
        weighted(
            random.normal(size=DIMENSION), weight if place else abs(weight), draw(st.sampled_from(Modality))
        )
        for place, weight in enumerate(drawn)
    )


def weighted(values, weight, modality) -> WeightedVector:
    return WeightedVector(pack(values), DIMENSION, "in-memory-1/part", weight, modality)


def reweighted(part: WeightedVector, weight: float) -> WeightedVector:
    return WeightedVector(part.data, part.dimension, part.space, weight, part.modality)


async def fused(strategy, *groups):
    fuser = Fuser(InMemoryFusionModel(DIMENSION))
    await fuser.warm_up()
    outcomes, _ = await fuser.fuse(strategy, groups)
    for outcome in outcomes:
        assume(not isinstance(outcome, TriptychError))
    return outcomes


@pytest.mark.parametrize("strategy", FusionStrategy)
@given(group=groups(), data=st.data())
@settings(deadline=None, max_examples=50)
async def test_order_never_matters(strategy, group, data):
    """Any permutation of a group gives the same vector, to the last bit."""
    shuffled = tuple(data.draw(st.permutations(group)))

    first, second = await fused(strategy, group, shuffled)

    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("strategy", FusionStrategy)
@given(group=groups(), scale=st.floats(1e-3, 1e3))
@settings(deadline=None, max_examples=50)
async def test_scale_never_matters(strategy, group, scale):
    """Scaling all weights gives the same vector."""
    scaled = tuple(reweighted(part, part.weight * scale) for part in group)

    first, second = await fused(strategy, group, scaled)

    np.testing.assert_allclose(first, second, atol=1e-4)


@pytest.mark.parametrize("strategy", FusionStrategy)
@given(group=groups())
@settings(deadline=None, max_examples=50)
async def test_length(strategy, group):
    """The result has length 1 and the space's dimension."""
    [vector] = await fused(strategy, group)

    assert (DIMENSION,) == vector.shape
    np.testing.assert_allclose(np.linalg.norm(vector), 1, rtol=1e-5)


@pytest.mark.parametrize("strategy", FusionStrategy)
@given(seed=st.integers(0, 2**32 - 1), weight=st.floats(0.1, 0.8), modality=st.sampled_from(Modality))
@settings(deadline=None, max_examples=50)
async def test_negative_weight_moves_away(strategy, seed, weight, modality):
    """With "not like this", the result is less like this than without."""
    wanted, unwanted = np.random.default_rng(seed).normal(size=(2, DIMENSION))
    unwanted /= np.linalg.norm(unwanted)
    part = weighted(wanted, 1, Modality.IMAGE)

    without, away = await fused(strategy, (part,), (part, weighted(unwanted, -weight, modality)))

    # A part that already points straight away cannot be moved further.
    assume(unwanted @ without > -0.8)
    assert unwanted @ away < unwanted @ without


@pytest.mark.parametrize("strategy", FusionStrategy)
@given(group=groups(weights=st.floats(0.01, 100)))
@settings(deadline=None, max_examples=20)
async def test_cancelling_is_refused(strategy, group):
    """A group together with its own negation is refused."""
    negated = tuple(reweighted(part, -part.weight) for part in group[:8])
    fuser = Fuser(InMemoryFusionModel(DIMENSION))
    await fuser.warm_up()

    [outcome], _ = await fuser.fuse(strategy, [(*group[:8], *negated)])

    assert isinstance(outcome, TriptychError)
    assert Reason.PARTS_CANCEL == outcome.reason
