"""The verb of the room, with a tiny model and with one that is away."""

import numpy as np
import pytest

from services.fusion.adapters.in_memory import InMemoryFusionModel
from services.fusion.core.fuser import Fuser
from services.fusion.core.parts import WeightedVector
from triptych.vocabulary.choices import FusionStrategy, Modality
from triptych.vocabulary.errors import Internal, InvalidArgument, Reason, TriptychError, Unavailable
from triptych.vocabulary.vectors import pack

LEARNED_STRATEGIES = [FusionStrategy.CONCATENATION, FusionStrategy.BILINEAR, FusionStrategy.LEARNED]


class MortalModel(InMemoryFusionModel):
    """Answers until it is told not to; counts the calls."""

    alive = True
    calls = 0

    async def facts(self):
        self.look()
        return await super().facts()

    async def fuse(self, strategy, groups):
        self.look()
        self.calls += 1
        return await super().fuse(strategy, groups)

    def look(self):
        if not self.alive:
            raise Unavailable.because_of("triton")


@pytest.fixture
def model():
    return MortalModel()


@pytest.fixture
async def fuser(model):
    fuser = Fuser(model)
    await fuser.warm_up()
    return fuser


def group(*weights, seed=0):
    random = np.random.default_rng(seed)
    return tuple(
        WeightedVector(pack(random.normal(size=8)), 8, "in-memory-1/text", weight, Modality(1 + place % 4))
        for place, weight in enumerate(weights)
    )


async def test_weighted_sum(fuser):
    """The weighted sum is the sum of unit vectors by relative weight, scaled to length 1."""
    parts = group(2, -1)
    values = np.array([np.frombuffer(part.data, "<f4") for part in parts])
    units = values / np.linalg.norm(values, axis=1, keepdims=True)
    expected = 2 * units[0] - units[1]

    [fused], _ = await fuser.fuse(FusionStrategy.WEIGHTED_SUM, [parts])

    np.testing.assert_allclose(fused, expected / np.linalg.norm(expected), atol=1e-6)


@pytest.mark.parametrize("strategy", FusionStrategy)
async def test_outcomes_in_order(fuser, strategy):
    """Good groups are fused as if alone, bad ones carry their error, and each stands in its place."""
    unread = InvalidArgument("unread", reason=Reason.FIELD_INVALID)
    first, second = group(1, 1, seed=1), group(1, seed=2)

    outcomes, _ = await fuser.fuse(strategy, [first, group(-1), unread, second])

    [alone_first], _ = await fuser.fuse(strategy, [first])
    [alone_second], _ = await fuser.fuse(strategy, [second])
    np.testing.assert_array_equal(alone_first, outcomes[0])
    assert Reason.NO_POSITIVE_PART == outcomes[1].reason
    assert unread is outcomes[2]
    np.testing.assert_array_equal(alone_second, outcomes[3])


@pytest.mark.parametrize("strategy", LEARNED_STRATEGIES)
async def test_one_part_goes_through_the_model(fuser, model, strategy):
    """A single part is not handed through: products with words only live in the same space as the others."""
    [fused], _ = await fuser.fuse(strategy, [group(1)])

    assert 1 == model.calls
    assert (8,) == fused.shape
    np.testing.assert_allclose(np.linalg.norm(fused), 1, rtol=1e-6)


@pytest.mark.parametrize("strategy", LEARNED_STRATEGIES)
async def test_one_call_for_all_groups(fuser, model, strategy):
    """All groups go to the model together."""
    await fuser.fuse(strategy, [group(1, 2, seed=seed) for seed in range(20)])

    assert 1 == model.calls


@pytest.mark.parametrize("strategy", LEARNED_STRATEGIES)
async def test_no_call_for_bad_groups(fuser, model, strategy):
    """A request whose groups are all refused needs no model."""
    [outcome], _ = await fuser.fuse(strategy, [group(-1)])

    assert isinstance(outcome, TriptychError)
    assert 0 == model.calls


@pytest.mark.parametrize("values", [[np.nan] * 8, [0.0] * 8, [np.inf] + [0.0] * 7, [2.0] + [0.0] * 7])
async def test_a_vector_that_is_none_fails_its_group_alone(values):
    """A model that went astray is a fault of ours, said for the group; what it made would poison an index."""

    class Astray(InMemoryFusionModel):
        async def fuse(self, strategy, groups):
            fused = await super().fuse(strategy, groups)
            fused[1] = values
            return fused

    fuser = Fuser(Astray())
    await fuser.warm_up()

    outcomes, _ = await fuser.fuse(FusionStrategy.LEARNED, [group(1, seed=seed) for seed in range(3)])

    assert [np.ndarray, Internal, np.ndarray] == [type(each) for each in outcomes]


async def test_weighted_sum_without_model(fuser, model):
    """The weighted sum goes on while the model is away; the learned heads say that it is."""
    model.alive = False

    with pytest.raises(Unavailable):
        await fuser.check()
    [fused], facts = await fuser.fuse(FusionStrategy.WEIGHTED_SUM, [group(1, 1)])
    assert (8,) == fused.shape
    assert "in-memory-1/fused" == facts.space.id
    with pytest.raises(Unavailable):
        await fuser.fuse(FusionStrategy.LEARNED, [group(1, 1)])


@pytest.mark.parametrize("strategy", FusionStrategy)
async def test_before_warm_up(strategy):
    """Nothing can be fused before the facts are known."""
    with pytest.raises(Unavailable):
        await Fuser(InMemoryFusionModel()).fuse(strategy, [group(1)])


async def test_check_follows_a_new_pack(fuser, model):
    """After a pack was switched in, its space is the one that vectors must have."""
    model._space = InMemoryFusionModel(pack="in-memory-2")._space

    await fuser.check()

    [outcome], facts = await fuser.fuse(FusionStrategy.WEIGHTED_SUM, [group(1)])
    assert "in-memory-2/fused" == facts.space.id
    assert Reason.SPACE_MISMATCH == outcome.reason
