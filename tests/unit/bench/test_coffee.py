"""How noise is mixed and orders are counted."""

import json

import numpy as np
import pytest

from bench.coffee import Order, Outcome, in_noise, loudest, read_orders, row


def test_the_noise_stands_where_it_should():
    """The loudest pieces of speech and noise are the asked-for decibels apart, and the peak is a half."""
    rng = np.random.default_rng(0)
    speech = (rng.standard_normal(16_000) * np.linspace(0, 1, 16_000)).astype(np.float32)
    noise = rng.standard_normal(50_000).astype(np.float32)
    mixed = in_noise(speech, noise, 9, np.random.default_rng(1))
    scale = float(mixed @ speech / (speech @ speech))  # noise and speech are independent
    left = mixed / scale - speech

    assert np.abs(mixed).max() == pytest.approx(0.5)
    assert 10 * np.log10(loudest(speech) / loudest(left)) == pytest.approx(9, abs=0.3)


def test_labels_lose_stray_blanks(tmp_path):
    """A label such as " soy milk" means its words."""
    (tmp_path / "label.json").write_text(
        json.dumps({"b": {"slots": {"milk": " soy  milk"}}, "a": {"slots": {}}})
    )

    assert [Order("a", {}), Order("b", {"milk": "soy milk"})] == read_orders(tmp_path)


def test_both_parts_are_counted():
    """Shares are of the utterances of each part."""
    orders = [Order(str(at), {}) for at in range(40)]
    outcomes = [Outcome(order, order.tuned, 1.0, 0.1) for order in orders]
    figures = row("clean", outcomes)

    assert (1.0, 0.0) == (figures["tuned"], figures["held_out"])
    assert figures["all"] == pytest.approx(sum(order.tuned for order in orders) / 40)
