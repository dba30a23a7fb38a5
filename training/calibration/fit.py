"""Logistic curves (Platt, 1999), fitted on judged products and tested on queries that were held out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from training.calibration.rows import VALUES, Array, JudgedQuery, Rows, joined, knocked_out, rows_of
from training.errors import TrainingError
from training.evaluation.calibration import expected_calibration_error
from training.evaluation.logistic import fit_logistic
from training.ranking.cross_validate import fold_masks

FOLDS = 5
QUERIES_MIN = 20
# Ten events a weight are the rule of thumb for logistic regression (Peduzzi et al., 1996).
ROWS_MIN = 10 * len(VALUES)
# Next to none: where cosines tell all apart, a curve has to be steep.
RIDGE = 1e-5
TOP = 10
# Up to here a curve can be believed; one that is off by more is passed over for another, however likely it is.
ERROR_MAX = 0.05
FORMS = (("cosine",), ("cosine", "lexical"), ("cosine", "lexical", "gap"))


@dataclass(frozen=True)
class FittedCurve:
    """A curve, and how well its like does on queries that it was not fitted on.

    Args:
        intercept, weights: probability = 1 / (1 + exp(-(intercept + Σ weight · value))).
        judgements: how many products it was fitted on.
        queries: how many queries they belong to.
        error: expected calibration error of all products held out, 0 to 1.
        error_top: the same of the first ten of each query.
        log_loss: mean of -log of the probability that was given to what is true, held out.
    """

    intercept: float
    weights: Mapping[str, float]
    judgements: int
    queries: int
    error: float
    error_top: float
    log_loss: float

    def probabilities(self, values: Array) -> Array:
        """Return the probabilities of *values* [N, 3]."""
        logits = self.intercept + values @ np.array([self.weights.get(name, 0.0) for name in VALUES])
        return np.asarray(np.exp(-np.logaddexp(0, -logits)))


def fit_curves(
    queries: Sequence[JudgedQuery], seed: int = 0
) -> tuple[dict[str, FittedCurve], dict[str, str]]:
    """Return a curve by kind of query, and by kind why there is none.

    Raises:
        TrainingError: no kind has enough judgements.
    """
    curves, refused = {}, {}
    for kind in sorted({query.kind for query in queries}):
        of_kind = [query for query in queries if query.kind == kind]
        try:
            curves[kind] = fit_curve(of_kind, seed)
        except TrainingError as error:
            refused[kind] = str(error)
    if not curves:
        reasons = "; ".join(f"{kind}: {why}" for kind, why in refused.items())
        raise TrainingError(f"no curve can be fitted: {reasons or 'there are no judgements'}")
    return curves, refused


def fit_curve(
    queries: Sequence[JudgedQuery], seed: int = 0, forms: Sequence[tuple[str, ...]] = FORMS
) -> FittedCurve:
    """Return the curve for *queries* of one kind.

    Of *forms*, which name values, the one is taken that has the least log loss held out among those that can be believed:
    whose calibration errors held out, of all products and of the first ten, are at most 0.05. Where none can, the one
    with the smallest error.

    Raises:
        TrainingError: they are too few to fit a curve and to hold some out.
    """
    useful = [query for query in queries if len(query.relevant)]
    check_enough(useful)
    rows = rows_of(useful)
    distinct = dict.fromkeys(informative(rows, names) for names in forms)
    return min(
        (cross_validated(rows, names, len(useful), seed) for names in distinct),
        key=lambda c: (max(c.error, c.error_top, ERROR_MAX), c.log_loss),
    )


def check_enough(queries: Sequence[JudgedQuery]) -> None:
    """Refuse what is too little."""
    if len(queries) < QUERIES_MIN:
        raise TrainingError(
            f"{len(queries)} queries that find something judged are too few to hold some out; "
            f"{QUERIES_MIN} are needed"
        )
    relevant = int(sum(query.relevant.sum() for query in queries))
    others = sum(len(query.relevant) for query in queries) - relevant
    if min(relevant, others) < ROWS_MIN:
        raise TrainingError(
            f"{relevant} relevant and {others} irrelevant products were found; at least {ROWS_MIN} of each are needed"
        )


def informative(rows: Rows, names: Sequence[str]) -> tuple[str, ...]:
    """Return those of *names* that differ between rows: photos have no words."""
    return tuple(name for name in names if np.ptp(rows.values[:, VALUES.index(name)]) > 0)


def cross_validated(rows: Rows, names: Sequence[str], queries: int, seed: int) -> FittedCurve:
    """Return the curve over *names*, fitted on all, with the errors of its like on queries held out."""
    likely = np.empty(len(rows.relevant))
    for held_out in fold_masks(rows.query, FOLDS, seed):
        intercept, weights = fitted(rows.of(~held_out), names)
        curve = FittedCurve(intercept, weights, 0, 0, 0.0, 0.0, 0.0)
        likely[held_out] = curve.probabilities(rows.values[held_out])
    truth, first = rows.relevant.astype(float), rows.place < TOP
    told = np.where(rows.relevant, likely, 1 - likely)
    intercept, weights = fitted(rows, names)
    return FittedCurve(
        intercept,
        weights,
        len(truth),
        queries,
        expected_calibration_error(likely, truth),
        expected_calibration_error(likely[first], truth[first]),
        float(-np.log(np.maximum(told, 1e-12)).mean()),
    )


def fitted(rows: Rows, names: Sequence[str]) -> tuple[float, dict[str, float]]:
    """Return intercept and weights of the curve over *names* that makes the judgements likeliest."""
    if "gap" in names:
        rows = joined(rows, knocked_out(rows))
    columns = [VALUES.index(name) for name in names]
    curve = fit_logistic(rows.values[:, columns], rows.relevant, RIDGE)
    weights = curve.weights / curve.scale
    intercept = curve.bias - float(weights @ curve.mean)
    return intercept, dict(zip(names, map(float, weights), strict=True))
