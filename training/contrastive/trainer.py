"""The training itself: steps, evaluations, checkpoints; a run that is resumed ends as one that never stopped."""

import contextlib
import math
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training import loop
from training.contrastive.averaging import RunningMean
from training.contrastive.batch import Batch, Source, make_batch
from training.contrastive.batches import BatchPlan
from training.contrastive.checkpoint import load_checkpoint, save_checkpoint
from training.contrastive.corpus import Corpus
from training.contrastive.feed import Feed
from training.contrastive.figures import dev_figures, figure
from training.contrastive.gather import average_gradients, same_everywhere, wait_for_all, world
from training.contrastive.guard import Guard, likely_cause
from training.contrastive.mining import nearest_wrong
from training.contrastive.optimiser import learned, make_optimiser, set_rates
from training.contrastive.recipe import OptimiserRecipe, Recipe
from training.contrastive.space import SharedSpace
from training.contrastive.state import (
    load_own_weights,
    own_weights,
    patience_state,
    restore_patience,
    restore_run,
    run_state,
)
from training.contrastive.stopping import Patience
from training.errors import TrainingError
from training.reporting import Reporter, say

CHECKPOINT_FILE, BEST_FILE, LOGS_FOLDER = "checkpoint.pt", "best.pt", "logs"
_AUGMENTATION = 3
_EVALUATIONS = 20
# Without steps or epochs in the recipe: so many passes over the data, within bounds.
_EPOCHS, _STEPS_MIN, _STEPS_MAX = 40, 200, 3000


@dataclass(frozen=True)
class Fitted:
    """What came out: the dev figures of the weights that are kept, the step they are from, and how many were made."""

    figures: Mapping[str, float]
    step: int
    steps_made: int


class Trainer:
    """One contrastive training in a folder of its own.

    Args:
        space: what learns; on its device already.
        corpus: the records.
        sources: of the inputs, by modality.
        recipe: everything else.
        folder: for checkpoints and logs.
        run: a name for recipe and data; a checkpoint of another run is refused.
    """

    def __init__(
        self,
        space: SharedSpace,
        corpus: Corpus,
        sources: Mapping[str, Source],
        recipe: Recipe,
        folder: Path,
        run: str,
    ) -> None:
        self.space, self.corpus, self.sources, self.recipe = space, corpus, sources, recipe
        self.folder, self.run = folder, run
        self.batch = _batch_size(recipe.optimiser, len(corpus.train))
        self.steps = _steps(recipe.optimiser, self._plan(None).steps_per_epoch)
        self.optimiser = make_optimiser(space, recipe.encoders(), recipe.optimiser)
        self.guard = Guard(recipe.optimiser.bad_steps_max, space)
        self.patience = Patience(recipe.watch.patience)
        self.mean = RunningMean(space, recipe.optimiser.ema) if recipe.optimiser.ema else None
        self.scaler = torch.amp.GradScaler(enabled=self._precision() is torch.float16)
        self.nearest: NDArray[np.int64] | None = None
        self.done = 0
        self.finished = False

    @property
    def checkpoint(self) -> Path:
        """Return the file of the last checkpoint."""
        return self.folder / CHECKPOINT_FILE

    def fit(self, *, resume: bool) -> Fitted:
        """Train to the end, from the last checkpoint with *resume*; leave the best weights in the space.

        Raises:
            TrainingError: the loss is no number, a checkpoint cannot be written, or does not fit.
        """
        if resume and self.checkpoint.exists():
            self._restore()
        if not self.finished:
            self._learn()
        return self._end()

    def _learn(self) -> None:
        evaluate_every = self.recipe.watch.evaluate_every_steps or max(1, self.steps // _EVALUATIONS)
        save_every = self.recipe.watch.checkpoint_every_steps or evaluate_every
        mine_every = self.recipe.hard_negatives.every_steps if self.recipe.hard_negatives.share else 0
        self.space.train()
        with (
            Feed(self._maker(), self.recipe.workers, self.steps) as feed,
            Reporter("space", self.steps, self.done, self.folder / LOGS_FOLDER) as report,
        ):
            while self.done < self.steps and not self.patience.ended:
                if mine_every and self.done and self.done % mine_every == 0:
                    self._mine()
                    feed.forget(self._maker())
                loss, terms = self._step(feed.at(self.done))
                self.done += 1
                report.step(self.done, loss, terms)
                if self.done % evaluate_every == 0 or self.done == self.steps:
                    report.curves(self.done, self._evaluate())
                # Between bad steps nothing is saved: the last checkpoint is from when all was well.
                if self.done % save_every == 0 and self.done < self.steps and not self.guard.in_a_row:
                    self._save()
        self.finished = True
        self._save()

    def _step(self, batch: Batch) -> tuple[float, dict[str, float]]:
        schedule = _schedule(self.recipe.optimiser, self.steps)
        set_rates(self.optimiser, loop.learning_rate(schedule, self.done))
        self.guard.before()
        batch = batch.to(self.space.log_scale.device)
        with self._autocast():
            embedded = self.space.embed(batch)
        loss, terms = self.space.loss(embedded)
        if not math.isfinite(loss.item()) or not self._descend(loss):
            cause = likely_cause(embedded, batch, self.corpus, self.done)
            self.guard.bad(self.done, cause, self._last_good())
            return loss.item(), terms
        self.guard.good()
        self.space.clamp()
        if self.mean is not None:
            self.mean.update(self.space)
        return loss.item(), terms

    def _descend(self, loss: Tensor) -> bool:
        """Make one step down; return False, and make none, where the gradient is not finite."""
        parameters = learned(self.space)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
        average_gradients(parameters)
        self.scaler.unscale_(self.optimiser)
        norm = nn.utils.clip_grad_norm_(parameters, self.recipe.optimiser.gradient_norm_max)
        # With float16 the scaler itself passes over a step that overflowed, and lowers its scale.
        if self.scaler.is_enabled() or math.isfinite(norm.item()):
            self.scaler.step(self.optimiser)
            self.scaler.update()
            return True
        return False

    def _evaluate(self) -> Mapping[str, float]:
        """Compute the dev figures on process 0 and keep the best weights."""
        figures: dict[str, float] = {}
        if world()[0] == 0 and len(self.corpus.dev):
            with self._evaluated_weights():
                figures = dev_figures(self.space, self.corpus, self.sources)
                chosen = figure(figures, self.recipe.watch.metric)
                if self.patience.better(chosen, self.done):
                    self._save_best(figures)
            say(f"step {self.done}: {self.recipe.watch.metric} {chosen:.4f} (best {self.patience.best:.4f})")
        restore_patience(self.patience, same_everywhere(patience_state(self.patience)))
        return figures

    def _mine(self) -> None:
        with self._evaluated_weights():
            count = self.recipe.hard_negatives.nearest
            self.nearest = same_everywhere(
                nearest_wrong(self.space, self.corpus, self.sources, count) if world()[0] == 0 else None
            )

    def _save_best(self, figures: Mapping[str, float]) -> None:
        state = {"run": self.run, "step": self.done, "figures": dict(figures)}
        save_checkpoint(self.folder / BEST_FILE, {**state, "weights": own_weights(self.space)})

    def _save(self) -> None:
        if world()[0] == 0:
            state = {
                **run_state(self.space, self.optimiser),
                "run": self.run,
                "done": self.done,
                "finished": self.finished,
                "patience": patience_state(self.patience),
                "mean": (self.mean.steps, self.mean.mean) if self.mean else None,
                "scaler": self.scaler.state_dict(),
                "nearest": None if self.nearest is None else torch.from_numpy(self.nearest),
                "bad_steps": (self.guard.in_a_row, self.guard.total),
            }
            save_checkpoint(self.checkpoint, state)
        wait_for_all()

    def _restore(self) -> None:
        state = load_checkpoint(self.checkpoint)
        if state["run"] != self.run:
            raise TrainingError(
                f"{self.checkpoint}: the checkpoint was made with another recipe or other data; "
                "train without --resume, or to another folder"
            )
        restore_run(self.space, self.optimiser, state)
        restore_patience(self.patience, state["patience"])
        self.scaler.load_state_dict(state["scaler"])
        self.done, self.finished = state["done"], state["finished"]
        self.nearest = None if state["nearest"] is None else state["nearest"].numpy()
        self.guard.in_a_row, self.guard.total = state["bad_steps"]
        if self.mean is not None:
            self.mean.steps = state["mean"][0]
            for name, value in state["mean"][1].items():
                self.mean.mean[name].copy_(value)
        say(f"going on from step {self.done} of {self.steps}")

    def _end(self) -> Fitted:
        """Leave the best weights (the last ones with watch.refit, or without dev) in the space."""
        if self.guard.total:
            say(f"{self.guard.total} steps had a loss that was not a number and were passed over")
        if self.recipe.watch.refit or not len(self.corpus.dev):
            if self.mean is not None:
                self.mean.copy_to(self.space)
            self.space.eval()
            figures = dev_figures(self.space, self.corpus, self.sources) if len(self.corpus.dev) else {}
            return Fitted(figures, self.done, self.done)
        best = load_checkpoint(self.folder / BEST_FILE)
        load_own_weights(self.space, best["weights"])
        self.space.eval()
        return Fitted(best["figures"], best["step"], self.done)

    def _evaluated_weights(self) -> AbstractContextManager[None]:
        return self.mean.in_place(self.space) if self.mean else contextlib.nullcontext()

    def _plan(self, nearest: NDArray[np.int64] | None) -> BatchPlan:
        share = self.recipe.hard_negatives.share
        return BatchPlan(self.recipe.seed, self.corpus.train, self.batch, share, nearest)

    def _maker(self) -> Any:
        return partial(_make, self._plan(self.nearest), self.corpus, self.sources, world())

    def _autocast(self) -> AbstractContextManager[Any]:
        precision = self._precision()
        return torch.autocast("cuda", precision) if precision else contextlib.nullcontext()

    def _precision(self) -> torch.dtype | None:
        """Return what a GPU computes in; None: float32, as a processor always does."""
        asked = self.recipe.optimiser.precision
        if self.space.log_scale.device.type != "cuda" or asked == "float32":
            return None
        if asked == "auto":
            return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        return torch.bfloat16 if asked == "bfloat16" else torch.float16

    def _last_good(self) -> str:
        there = self.checkpoint.exists()
        return (
            f"the checkpoint before is intact: {self.checkpoint}" if there else "there is no checkpoint yet"
        )


def _make(
    plan: BatchPlan, corpus: Corpus, sources: Mapping[str, Source], place: tuple[int, int], step: int
) -> Batch:
    """Make this process's share of a batch: a pure function of the step."""
    rank, size = place
    rng = np.random.default_rng([plan.seed, _AUGMENTATION, step, rank])
    return make_batch(corpus, sources, plan.at(step)[rank::size], rng)


def _batch_size(recipe: OptimiserRecipe, records: int) -> int:
    size = world()[1]
    batch = min(recipe.batch, records) // size * size
    if batch < 2:
        raise TrainingError(f"optimiser.batch: {recipe.batch} records cannot be shared by {size} processes")
    return batch


def _steps(recipe: OptimiserRecipe, per_epoch: int) -> int:
    if recipe.steps is not None:
        return recipe.steps
    if recipe.epochs is not None:
        return max(1, math.ceil(recipe.epochs * per_epoch))
    return min(_STEPS_MAX, max(_STEPS_MIN, _EPOCHS * per_epoch))


def _schedule(recipe: OptimiserRecipe, steps: int) -> loop.Schedule:
    return loop.Schedule(
        steps=steps, batch=recipe.batch, learning_rate=1.0, warm_up_share=recipe.warm_up_share
    )
