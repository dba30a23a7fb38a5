"""Which records meet in which step: a pure function of seed and step, so that any run can go on anywhere."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.contrastive.corpus import Rows

# So that the numbers drawn for batches, companions and augmentation never repeat one another.
_ORDER, _COMPANIONS = 1, 2


@dataclass(frozen=True, eq=False)
class BatchPlan:
    """Passes over the train rows in an order of their own, each row once a pass.

    Args:
        seed: of the orders.
        rows: int64 [N], what is learned from.
        batch: records a step.
        companion_share: so much of a batch are companions: near but wrong records of the others.
        nearest: int64 [N, K], for each place in *rows* places that are easily taken for it, -1 for none;
            None: companions are drawn by chance.
    """

    seed: int
    rows: Rows
    batch: int
    companion_share: float = 0.0
    nearest: NDArray[np.int64] | None = field(default=None)

    @property
    def anchors(self) -> int:
        """Return how many records of a batch come from the pass itself."""
        return max(1, self.batch - int(self.batch * self.companion_share))

    @property
    def steps_per_epoch(self) -> int:
        """Return how many whole batches a pass has; what is left over waits for another order."""
        return max(1, len(self.rows) // self.anchors)

    def at(self, step: int) -> Rows:
        """Return the rows [batch] of a step."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = np.random.default_rng([self.seed, _ORDER, epoch]).permutation(len(self.rows))
        chosen = order[place * self.anchors : (place + 1) * self.anchors]
        missing = self.batch - len(chosen)
        if missing:
            chosen = np.concatenate([chosen, self._companions(chosen, missing, step)])
        rows: Rows = self.rows[chosen]
        return rows

    def _companions(self, anchors: Rows, count: int, step: int) -> Rows:
        """Return places of records near to the first anchors, and others by chance where there is none."""
        rng = np.random.default_rng([self.seed, _COMPANIONS, step])
        by_chance = rng.integers(len(self.rows), size=count)
        if self.nearest is None:
            return by_chance
        columns = rng.integers(self.nearest.shape[1], size=count)
        found = self.nearest[np.resize(anchors, count), columns]
        return np.where(found >= 0, found, by_chance)
