"""Lists to learn an order from: the items of each query with features and labels, padded batch by batch."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.errors import TrainingError

# 2^label - 1 is what a label gains; beyond this float32 cannot tell gains apart.
LABEL_MAX = 20


@dataclass(frozen=True)
class Batch:
    """Some lists: features [M, F] of their M items, labels and mask [B, L] with M places where mask is True."""

    features: Tensor
    labels: Tensor
    mask: Tensor

    def padded(self, values: Tensor) -> Tensor:
        """Put one value per item, [..., M], into lists [..., B, L] with 0 for padding."""
        lists = values.new_zeros(*values.shape[:-1], *self.mask.shape)
        lists[..., self.mask] = values
        return lists


@dataclass(frozen=True, eq=False)
class Lists:
    """All lists, one after the other: features [N, F] (NaN: unknown), labels [N], the first row of each list [Q + 1]."""

    features: Tensor
    labels: Tensor
    starts: Tensor

    def __len__(self) -> int:
        """Return the number of lists."""
        return len(self.starts) - 1

    def batch(self, chosen: Tensor) -> Batch:
        """Return the lists of the numbers *chosen*, int64 [B]."""
        starts, ends = self.starts[chosen], self.starts[chosen + 1]
        mask = torch.arange(int((ends - starts).max())) < (ends - starts)[:, None]
        rows = torch.cat([torch.arange(a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)])
        labels = torch.zeros(mask.shape)
        labels[mask] = self.labels[rows]
        return Batch(self.features[rows], labels, mask)


def lists_of(
    features: NDArray[np.floating[Any]], labels: NDArray[np.number[Any]], queries: NDArray[np.generic]
) -> Lists:
    """Gather rows into lists by query, in the order of the queries' first rows.

    Args:
        features: [N, F]; NaN where a value is unknown.
        labels: [N], 0..20, larger is better.
        queries: [N], what tells the queries apart; rows of a query need not be neighbours.

    Raises:
        TrainingError: there is nothing to learn from, or a number cannot be used; the message names the row.
    """
    _check(features, labels, queries)
    _, first, query_of = np.unique(queries, return_index=True, return_inverse=True)
    by_appearance = np.argsort(np.argsort(first))[query_of]
    order = np.argsort(by_appearance, kind="stable")
    sizes = np.bincount(by_appearance)
    return Lists(
        torch.from_numpy(np.ascontiguousarray(features[order], dtype=np.float32)),
        torch.from_numpy(np.asarray(labels)[order].astype(np.float32)),
        torch.from_numpy(np.concatenate([[0], np.cumsum(sizes)])),
    )


def _check(
    features: NDArray[np.floating[Any]], labels: NDArray[np.number[Any]], queries: NDArray[np.generic]
) -> None:
    if features.ndim != 2 or not features.size:
        raise TrainingError("the ranking data holds no rows, or no features")
    if not len(features) == len(labels) == len(queries):
        raise TrainingError(
            f"there are {len(features)} rows of features, {len(labels)} labels and {len(queries)} queries"
        )
    _check_rows(np.isinf(features).any(axis=1), "a feature is infinite; leave out what is unknown")
    _check_rows(~((labels >= 0) & (labels <= LABEL_MAX)), f"the label is not within 0..{LABEL_MAX}")
    if not _orders_anything(labels, queries):
        raise TrainingError("no query has two rows with different labels, so there is no order to learn")


def _check_rows(wrong: NDArray[np.bool_], problem: str) -> None:
    if wrong.any():
        raise TrainingError(f"row {int(wrong.argmax()) + 1} of the ranking data: {problem}")


def _orders_anything(labels: NDArray[np.number[Any]], queries: NDArray[np.generic]) -> bool:
    order = np.lexsort((labels, queries))
    same_query = queries[order][1:] == queries[order][:-1]
    return bool((same_query & (labels[order][1:] != labels[order][:-1])).any())
