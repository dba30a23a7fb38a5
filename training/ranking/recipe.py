"""The numbers of a training run of a ranking network, with the reason for those that have one."""

from dataclasses import asdict, dataclass
from typing import Any

from training.errors import TrainingError

LOSSES = ("ranknet", "listnet", "lambdarank")


@dataclass(frozen=True)
class RankingRecipe:
    """How a ranking network is trained.

    Args:
        loss: "ranknet", "listnet" or "lambdarank".
        hidden: width of each hidden layer; () for a linear network.
        input_dropout, hidden_dropout: share of values that are set to 0 while training.
        learning_rate, weight_decay: of AdamW.
        epochs_max: passes over the lists at most.
        patience: epochs without a better NDCG after which training stops.
        lists_per_batch: lists per step.
        folds: parts of the lists; each member of the network holds one part out, and all stop where the mean NDCG of
            the parts held out is best.
        repeats: how often the lists are parted anew; the network is the mean of folds · repeats members.
        cutoff: NDCG@cutoff decides when to stop.
        sigma: steepness of the sigmoid of RankNet and LambdaRank.
        temperature: of ListNet's labels.
        lambda_cutoff: LambdaRank counts NDCG at this cutoff; None for the whole list.
        start_from: the number, from 0, of a feature whose order is good already: the network learns corrections to it,
            and none where these do not help queries held out. None: it starts from no order.
        seed: of everything that is drawn.
    """

    loss: str = "lambdarank"
    hidden: tuple[int, ...] = (16,)
    input_dropout: float = 0.3
    hidden_dropout: float = 0.3
    learning_rate: float = 5e-4
    weight_decay: float = 0.1
    epochs_max: int = 60
    patience: int = 10
    lists_per_batch: int = 32
    folds: int = 5
    repeats: int = 2
    cutoff: int = 5
    sigma: float = 1.0
    temperature: float = 1.0
    lambda_cutoff: int | None = None
    start_from: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse numbers that no run can use."""
        if self.loss not in LOSSES:
            raise TrainingError(f'the loss "{self.loss}" is unknown; there are {", ".join(LOSSES)}')
        for name in ("epochs_max", "patience", "lists_per_batch", "repeats", "cutoff"):
            if getattr(self, name) < 1:
                raise TrainingError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.folds < 2:
            raise TrainingError(f"folds is {self.folds}; it must be 2 or more")

    def as_json(self) -> dict[str, Any]:
        """Return the recipe as a JSON mapping."""
        return asdict(self)
