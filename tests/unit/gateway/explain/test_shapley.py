"""Shapley values, against their definition."""

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.explain.shapley import members, shapley_values


@st.composite
def games(draw, players_max=5):
    """The worth of every coalition of 1 to *players_max* players, in two games."""
    n = draw(st.integers(1, players_max))
    values = st.floats(-2, 2, width=32)
    return np.array(draw(st.lists(st.tuples(values, values), min_size=2**n, max_size=2**n)))


def brute_force(worth):
    """The mean over all orders of what each player changes when it comes."""
    n = len(worth).bit_length() - 1
    values = np.zeros((n, worth.shape[1]))
    for order in permutations(range(n)):
        mask = 0
        for player in order:
            values[player] += worth[mask | 1 << player] - worth[mask]
            mask |= 1 << player
    return values / factorial(n)


@given(worth=games())
def test_definition(worth):
    """They are the mean over all orders."""
    np.testing.assert_allclose(brute_force(worth), shapley_values(worth), atol=1e-12)


@given(worth=games(players_max=8))
def test_complete(worth):
    """They add up to what all reach together beyond what nobody does."""
    np.testing.assert_allclose(worth[-1] - worth[0], shapley_values(worth).sum(axis=0), atol=1e-9)


@given(worth=games(), data=st.data())
def test_players_have_no_order(worth, data):
    """Players who change places take their values along."""
    n = len(worth).bit_length() - 1
    order = data.draw(st.permutations(range(n)))
    renamed = np.array([worth[sum(1 << order[i] for i in members(mask))] for mask in range(2**n)])

    np.testing.assert_allclose(shapley_values(worth)[order], shapley_values(renamed), atol=1e-12)


@given(worth=games(players_max=4))
def test_who_changes_nothing_gets_nothing(worth):
    """One more player, who never makes a difference, has the value 0 and leaves the others theirs."""
    values = shapley_values(np.concatenate([worth, worth]))

    np.testing.assert_allclose(0, values[-1], atol=1e-12)
    np.testing.assert_allclose(shapley_values(worth), values[:-1], atol=1e-12)


def test_gloves():
    """The glove market: whoever has the only left glove gets most of what a pair is worth."""
    worth = np.array([[float(mask in {0b011, 0b101, 0b111})] for mask in range(8)])

    assert [2 / 3, 1 / 6, 1 / 6] == pytest.approx(shapley_values(worth)[:, 0].tolist())
