"""Curves from judgements whose truth is known."""

import numpy as np
import pytest

from training.calibration.fit import ERROR_MAX, cross_validated, fit_curve, fit_curves
from training.calibration.photos import Ballot
from training.calibration.recognition import elected, fit_votes, weights_of_match
from training.calibration.rows import JudgedQuery, judged_query, knocked_out, rows_of
from training.errors import TrainingError


def noisy_queries(count=200, products=50, seed=0):
    """Queries whose products are relevant with the probability 1 / (1 + exp(-(20·cosine + lexical/2 - 16)))."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        cosines, words = np.sort(rng.uniform(0.4, 0.95, products))[::-1], rng.uniform(0, 6, products)
        likely = 1 / (1 + np.exp(-(20 * cosines + words / 2 - 16)))
        relevant = rng.uniform(size=products) < likely
        found = [
            ({"cosine": near, "lexical": lexical}, bool(right))
            for near, lexical, right in zip(cosines, words, relevant, strict=True)
        ]
        made.append(judged_query("text", found, cosines[0]))
    return made


def test_the_truth_is_found():
    """The weights that the judgements were drawn by; on fresh ones the probabilities hold."""
    curve = fit_curve(noisy_queries())
    fresh = rows_of(noisy_queries(seed=1))

    assert {"cosine": pytest.approx(20, rel=0.1), "lexical": pytest.approx(0.5, rel=0.1)} == {
        name: curve.weights[name] for name in ("cosine", "lexical")
    }
    assert pytest.approx(-16, rel=0.1) == curve.intercept
    assert max(curve.error, curve.error_top) < 0.05
    told, truth = curve.probabilities(fresh.values), fresh.relevant
    for low in np.arange(0, 1, 0.2):
        among = (told >= low) & (told < low + 0.2)
        assert abs(told[among].mean() - truth[among].mean()) < 0.05


def test_the_same_seed_gives_the_same_curve():
    """Which queries are held out is dealt by the seed alone."""
    assert fit_curve(noisy_queries(), seed=3) == fit_curve(noisy_queries(), seed=3)


def test_where_cosines_tell_all_apart_the_curve_is_steep_and_finite():
    """Nothing near 0.5 for what is clear."""
    found = [({"cosine": 0.9}, True)] * 3 + [({"cosine": 0.7}, False)] * 7
    queries = [judged_query("image", found, 0.9)] * 30

    curve = fit_curve(queries)

    sure = curve.probabilities(np.array([[0.9, 0, 0], [0.7, 0, 0.2]]))
    assert [pytest.approx(1, abs=0.02), pytest.approx(0, abs=0.02)] == sure.tolist()
    assert np.isfinite([curve.intercept, *curve.weights.values()]).all()
    assert "lexical" not in curve.weights


def test_the_best_of_what_is_not_there_is_not_relevant():
    """Although every judged query has an answer, and the best is always right, a small gap alone proves nothing."""
    rng = np.random.default_rng(0)
    queries = []
    for _ in range(100):
        level = rng.uniform(0.8, 0.9)
        found = [({"cosine": level + 0.08}, True)] * 2 + [
            ({"cosine": level - step}, False) for step in rng.uniform(0, 0.2, 20)
        ]
        queries.append(judged_query("text", found, level + 0.08))

    curve = fit_curve(queries)

    asked_in_vain = np.array([[0.8, 0, 0.0], [0.79, 0, 0.01]])
    assert (curve.probabilities(asked_in_vain) < 0.5).all()


def test_a_likelier_curve_that_cannot_be_believed_is_passed_over():
    """Cosines of each query lie somewhat higher or lower: the gap tells more, but not how much of it is true."""
    rng, queries = np.random.default_rng(0), []
    for _ in range(150):
        level = rng.normal(0, 0.05)
        cosines = np.concatenate([rng.normal(0.9 + level, 0.02, 4), rng.normal(0.8 + level, 0.02, 6)])
        found = [({"cosine": cosines[at]}, bool(at < 4)) for at in np.argsort(-cosines)]
        queries.append(judged_query("audio", found, cosines.max()))

    curve = fit_curve(queries)

    likelier = cross_validated(rows_of(queries), ("cosine", "gap"), len(queries), 0)
    assert {"cosine"} == curve.weights.keys()
    assert likelier.log_loss < curve.log_loss
    assert max(curve.error, curve.error_top) <= ERROR_MAX < likelier.error_top


def test_knocked_out():
    """Without the relevant ones the gaps are to the best of the others, query by query."""
    first = judged_query(
        "text", [({"cosine": 0.9}, True), ({"cosine": 0.5}, False), ({"cosine": 0.25}, False)], 0.9
    )
    second = judged_query("text", [({"cosine": 0.75}, False)], 0.75)

    left = knocked_out(rows_of([first, second]))

    assert [[0.5, 0, 0], [0.25, 0, 0.25], [0.75, 0, 0]] == left.values.tolist()
    assert [0, 0, 1] == left.query.tolist()
    assert not left.relevant.any()


def test_each_kind_for_itself():
    """One with too few judgements does not keep the other from its curve."""
    few = [JudgedQuery("image", query.values, query.relevant) for query in noisy_queries(5)]

    curves, refused = fit_curves([*noisy_queries(), *few])

    assert ({"text"}, {"image"}) == (set(curves), set(refused))
    with pytest.raises(TrainingError, match="no curve can be fitted: image: 5 queries"):
        fit_curves(few)


def test_the_steepness_of_votes_is_found():
    """Neighbours are right with the probability of a softmax; its weight comes back, and votes are what they say."""
    rng, ballots, truth = np.random.default_rng(0), [], 40.0
    for _ in range(1500):
        cosines = np.sort(rng.uniform(0.7, 0.9, 10))[::-1]
        votes = np.exp(truth * cosines) / np.exp(truth * cosines).sum()
        ballots.append(Ballot(tuple(cosines), tuple("abcdefghij"), "abcdefghij"[rng.choice(10, p=votes)]))

    curve = fit_votes(ballots)

    assert pytest.approx(truth, rel=0.15) == curve.weights["cosine"]
    assert curve.error < 0.05


def test_how_much_the_place_counts_is_found():
    """Both weights of a match come back, and votes are what they say."""
    rng, ballots = np.random.default_rng(0), []
    for _ in range(2000):
        cosines = np.sort(rng.uniform(0.85, 0.95, 10))[::-1]
        votes = np.exp(40.0 * cosines) / np.arange(1, 11) ** 0.5
        chosen = rng.choice(10, p=votes / votes.sum())
        ballots.append(Ballot(tuple(cosines), tuple("abcdefghij"), "abcdefghij"[chosen]))

    curve = fit_votes(ballots, fit=weights_of_match)

    assert {"cosine": pytest.approx(40, rel=0.15), "rank": pytest.approx(0.5, abs=0.1)} == curve.weights
    assert curve.error < 0.05


def test_matches_that_are_always_right_have_finite_weights():
    """Whatever the places: lists may be of different lengths."""
    ballots = [Ballot((0.9, 0.8), ("a", "b"), "a")] * 20 + [Ballot((0.9,), ("a",), "a")] * 5

    weights = fit_votes(ballots, fit=weights_of_match).weights

    assert weights["cosine"] <= 200
    assert 0 <= weights["rank"] <= 2


def test_votes_that_are_always_right_have_a_finite_weight():
    """As steep as is allowed, and no steeper."""
    curve = fit_votes([Ballot((0.9, 0.8), ("a", "b"), "a")] * 20)

    assert {"cosine": pytest.approx(200)} == curve.weights


def test_too_few_votes():
    """Those in which nobody is right teach nothing."""
    ballots = [Ballot((0.9,), ("a",), "a")] * 19 + [Ballot((0.9,), ("a",), "b")] * 50

    with pytest.raises(TrainingError, match="19 votes in which a neighbour is right are too few"):
        fit_votes(ballots)


def test_what_is_elected():
    """Two of middling nearness against one that is nearer."""
    ballot = Ballot((0.8, 0.79, 0.78), ("a", "b", "b"), "a")

    assert ("b", pytest.approx(0.665, abs=1e-3)) == elected(ballot, {"cosine": 0.5})
    assert ("a", pytest.approx(1, abs=1e-3)) == elected(ballot, {"cosine": 1000.0})
    assert ("a", pytest.approx(0.547, abs=1e-3)) == elected(ballot, {"cosine": 0.5, "rank": 1.0})
