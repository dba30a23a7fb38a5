"""Everything that decides what a training becomes. Each field is documented; docs/training/train.md lists them all."""

from typing import Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
class EncoderRecipe:
    """One encoder: what it is and how it learns. Its kind and options are those of training/networks/registry.py."""

    kind: str = Field(description="kind of encoder, for example transformer, cnn, onnx, pretrained")
    options: dict[str, Any] = Field(
        default_factory=dict, description="what builds the encoder; paths are relative to the recipe file"
    )
    frozen: bool | None = Field(
        default=None,
        description="true: only the head learns, on features computed once; None: as the kind and its options say",
    )
    learning_rate: float = Field(default=1e-3, gt=0, description="highest learning rate of the head")
    backbone_learning_rate: float = Field(
        default=1e-4,
        gt=0,
        description="highest learning rate of a pretrained backbone that is trained through",
    )
    augment: bool | dict[str, Any] = Field(
        default=False,
        description="true: vary each record with the defaults of training/data/augment/; a table: other options",
    )
    served_px: int | None = Field(
        default=None,
        ge=8,
        le=2048,
        description="side of the pictures that the finished encoder takes; None: as in training",
    )
    variants: int = Field(
        default=1,
        ge=1,
        le=64,
        description="of a frozen backbone: so many variants of each record are made once, the first one unchanged",
    )


@dataclass(frozen=True, config=_STRICT)
class LossRecipe:
    """What is asked of the vectors."""

    kind: Literal["info_nce", "sigmoid"] = Field(
        default="info_nce", description="info_nce (CLIP) or sigmoid (SigLIP)"
    )
    temperature: float = Field(
        default=0.07, ge=0.01, le=10, description="at the start, for info_nce; it is learned"
    )
    learn_temperature: bool = Field(default=True, description="false: the temperature stays as it is")
    positives: Literal["label", "record"] = Field(
        default="label",
        description="label: records of the same label belong together; record: only parts of one record",
    )
    within: bool = Field(
        default=False,
        description="also compare vectors of one modality with one another, by label (SupCon)",
    )
    smoothing: float = Field(default=0.0, ge=0, lt=1, description="label smoothing of all softmaxes")
    contrastive_weight: float = Field(
        default=1.0, ge=0, description="weight of the loss over pairs of modalities"
    )
    prototype_weight: float = Field(
        default=0.0, ge=0, description="weight of the softmax over one learned prototype a label (NormFace)"
    )
    prototype_scale: float = Field(
        default=16.0, gt=0, description="what cosines with prototypes are multiplied with"
    )


@dataclass(frozen=True, config=_STRICT)
class OptimiserRecipe:
    """How long and how fast it learns. The rates of the encoders rise to their highest and fall along a cosine."""

    batch: int = Field(default=128, ge=2, description="records a step, over all processes")
    epochs: float | None = Field(default=None, gt=0, description="passes over the data; instead of steps")
    steps: int | None = Field(default=None, ge=1, description="steps; instead of epochs")
    weight_decay: float = Field(default=0.02, ge=0, description="of AdamW; biases and scales have none")
    warm_up_share: float = Field(default=0.08, ge=0, le=1, description="share of steps in which rates rise")
    gradient_norm_max: float = Field(default=1.0, gt=0, description="longer gradients are cut to this length")
    ema: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="decay of the running mean of the weights, which is then what is evaluated and exported",
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto", description="of the networks on a GPU; a processor always computes in float32"
    )
    bad_steps_max: int = Field(
        default=5, ge=0, description="so many steps in a row may have a loss that is not finite"
    )


@dataclass(frozen=True, config=_STRICT)
class HardNegativesRecipe:
    """Companions: records that are easily taken for one another meet in the same batch."""

    share: float = Field(
        default=0.0, ge=0, le=0.5, description="share of a batch that are companions; 0: none"
    )
    nearest: int = Field(
        default=8, ge=1, description="companions are drawn from so many nearest wrong records"
    )
    every_steps: int = Field(default=200, ge=1, description="how often the nearest are looked for anew")


@dataclass(frozen=True, config=_STRICT)
class WatchRecipe:
    """When the dev figures are computed, checkpoints written, and the training ended early."""

    evaluate_every_steps: int | None = Field(default=None, ge=1, description="None: twenty times a training")
    checkpoint_every_steps: int | None = Field(default=None, ge=1, description="None: with each evaluation")
    metric: str = Field(
        default="score", description="the dev figure that decides; score: the mean reciprocal rank over all"
    )
    patience: int | None = Field(
        default=5, ge=1, description="evaluations without a better figure before the training ends; None: all"
    )
    dev_share: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="share of the records that become dev where the data has no dev",
    )
    test_share: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description="share of the records that are never looked at where the data has no splits at all",
    )
    refit: bool = Field(
        default=False, description="true: end with the last weights, not with those of the best evaluation"
    )


@dataclass(frozen=True, config=_STRICT)
class FusionRecipe:
    """The fusion heads, trained on mixtures of the finished encoders' vectors."""

    steps: int = Field(
        default=600,
        ge=0,
        description="0: heads that learn nothing, with which every fusion is the weighted sum",
    )
    batch: int = Field(default=128, ge=2, description="mixtures a step")
    learning_rate: float = Field(default=1e-3, gt=0, description="highest learning rate")
    temperature: float = Field(default=0.05, ge=0.01, le=10, description="of the loss over products")
    weight_decay: float = Field(default=0.02, ge=0, description="of AdamW")
    composed_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of mixtures that are a product and changing words; needs attributes in the data",
    )
    changing: tuple[str, ...] = Field(
        default=(), description="attributes that words may change; empty: every attribute"
    )
    phrases: tuple[str, ...] = Field(
        default=("{value}", "in {value}", "but {value}", "{name} {value}"),
        description="how a change is said; {name} and {value} are filled in",
    )
    evenness_weight: float = Field(
        default=0.1,
        ge=0,
        description="how much a missing modality is kept from lifting or sinking a product",
    )
    unfused_weight: float = Field(
        default=0.0,
        ge=0,
        description="how much mixtures also learn to find products by their texts, pictures or sounds alone",
    )
    rank: int = Field(default=192, ge=1, description="of the bilinear head")
    width: int = Field(default=192, ge=8, description="of the transformer head")
    layers: int = Field(default=2, ge=1, description="of the transformer head")
    heads: int = Field(default=4, ge=1, description="attention heads of the transformer head")


@dataclass(frozen=True, config=_STRICT)
class Recipe:
    """A whole training; at least one encoder."""

    seed: int = Field(default=7, ge=0, description="of weights, batches and augmentation")
    dimension: int = Field(default=256, ge=2, le=4096, description="of the shared space")
    workers: int = Field(default=2, ge=1, description="threads that read, augment and prepare batches")
    text: EncoderRecipe | None = Field(default=None, description="the text encoder")
    image: EncoderRecipe | None = Field(default=None, description="the image encoder")
    audio: EncoderRecipe | None = Field(default=None, description="the audio encoder")
    loss: LossRecipe = Field(default_factory=LossRecipe, description="what is asked of the vectors")
    optimiser: OptimiserRecipe = Field(default_factory=OptimiserRecipe, description="how it learns")
    hard_negatives: HardNegativesRecipe = Field(
        default_factory=HardNegativesRecipe, description="companions in the batch"
    )
    watch: WatchRecipe = Field(default_factory=WatchRecipe, description="dev figures and checkpoints")
    fusion: FusionRecipe = Field(default_factory=FusionRecipe, description="the fusion heads")

    def encoders(self) -> dict[str, EncoderRecipe]:
        """Return the recipes of the encoders that there are, by modality."""
        named = {"text": self.text, "image": self.image, "audio": self.audio}
        return {modality: one for modality, one in named.items() if one is not None}
