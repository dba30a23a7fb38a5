import numpy as np

from training.contrastive.batches import BatchPlan


def test_a_pass_meets_every_row_once():
    """With batches that divide the rows, no row is left out and none comes twice."""
    plan = BatchPlan(seed=1, rows=np.arange(100, 112), batch=4)
    seen = np.concatenate([plan.at(step) for step in range(plan.steps_per_epoch)])
    assert list(range(100, 112)) == sorted(seen)


def test_a_step_is_a_pure_function_of_the_seed():
    """Any step can be made at any time, and other seeds and passes have other orders."""
    plan = BatchPlan(seed=1, rows=np.arange(40), batch=8)
    assert plan.at(7).tolist() == BatchPlan(seed=1, rows=np.arange(40), batch=8).at(7).tolist()
    assert plan.at(0).tolist() != BatchPlan(seed=2, rows=np.arange(40), batch=8).at(0).tolist()
    assert plan.at(0).tolist() != plan.at(plan.steps_per_epoch).tolist()


def test_companions_come_from_the_nearest():
    """With a share of companions, that many of a batch are near records of the others."""
    rows = np.arange(20) * 10
    nearest = ((np.arange(20) + 1) % 20)[:, None]
    plan = BatchPlan(seed=0, rows=rows, batch=8, companion_share=0.5, nearest=nearest)
    batch = plan.at(3)
    assert ((batch[:4] + 10) % 200).tolist() == batch[4:].tolist()


def test_records_without_near_ones_get_companions_by_chance():
    """A record that nothing is near to still leaves no gap in the batch."""
    plan = BatchPlan(0, np.arange(20), 8, 0.5, np.full((20, 3), -1))
    assert plan.at(0).min() >= 0
    assert 8 == len(plan.at(0))
