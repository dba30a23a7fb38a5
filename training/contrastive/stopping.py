"""The best evaluation so far, and when there is no more to hope for."""

from dataclasses import dataclass


@dataclass
class Patience:
    """Counts evaluations since the best one.

    Args:
        limit: so many without a better figure end the training; None: never.
    """

    limit: int | None
    best: float = -1.0
    best_step: int = -1
    since: int = 0

    def better(self, figure: float, step: int) -> bool:
        """Note one evaluation; return whether it is the best so far. A figure that is not a number is not."""
        if figure > self.best:
            self.best, self.best_step, self.since = figure, step, 0
            return True
        self.since += 1
        return False

    @property
    def ended(self) -> bool:
        """Return whether patience is at its end."""
        return self.limit is not None and self.since >= self.limit
