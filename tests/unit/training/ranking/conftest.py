"""Small ranking data whose order is known."""

import numpy as np
import pytest

from training.data.ranking import Ranking


@pytest.fixture
def ranking():
    """Return 40 queries of 8 candidates; the label follows the first feature, the third is often unknown."""
    random = np.random.default_rng(0)
    features = random.normal(size=(320, 3)).astype(np.float32)
    labels = np.digitize(features[:, 0] + random.normal(size=320) * 0.2, [-0.5, 0.5, 1.5])
    features[random.random(320) < 0.5, 2] = np.nan
    return Ranking(features, labels.astype(np.int64), np.repeat(np.arange(40), 8))
