"""From a shop's data to a pack: `train_pack`."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from training.contrastive.batch import Source
from training.contrastive.checkpoint import seed_everything
from training.contrastive.corpus import Corpus, make_corpus
from training.contrastive.defaults import default_recipe
from training.contrastive.figures import dev_figures
from training.contrastive.folders import RunFolder
from training.contrastive.fusion_bank import Bank, Phrases, attribute_values, make_bank, make_phrases
from training.contrastive.fusion_stage import train_fusion_heads
from training.contrastive.fusion_table import FusionRow, fusion_table, fusions
from training.contrastive.gather import join_world, leave_world, wait_for_all, world
from training.contrastive.recipe import Recipe
from training.contrastive.recipe_file import recipe_values
from training.contrastive.sources import make_source
from training.contrastive.space import SharedSpace
from training.contrastive.trainer import Trainer
from training.data.records import Dataset
from training.data.split import Shares
from training.errors import TrainingError
from training.files import write_whole
from training.memory import keep_freed_memory
from training.networks.encoder import ModalityEncoder
from training.networks.fusion import FusionHeads
from training.networks.registry import build_encoder
from training.packs.fusion import untrained_fusion
from training.packs.write import one_dimension, write_pack
from training.reporting import say


@dataclass(frozen=True)
class PackFacts:
    """What a pack says about itself."""

    name: str
    version: str = "1"
    licence: str = "proprietary"
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training made.

    Args:
        encoders: by modality, on the processor, set to evaluation.
        fusion: heads; None where the recipe wants none or only one modality is there.
        figures: of the dev records.
        table: all fusions compared; empty without fusion.
        recipe: what was trained, every default filled in.
    """

    encoders: Mapping[str, ModalityEncoder]
    fusion: FusionHeads | None
    figures: Mapping[str, float]
    table: tuple[FusionRow, ...]
    recipe: Recipe


def train_pack(
    dataset: Dataset, recipe: Recipe | None, folder: Path, facts: PackFacts, *, resume: bool = False
) -> Trained:
    """Train encoders and fusion on *dataset* and write the pack to *folder*; process 0 writes.

    Args:
        dataset: read and without fatal problems.
        recipe: None: the default for data of this shape.
        folder: of the pack; checkpoints and caches go to "FOLDER.training" beside it.
        facts: the pack's name, version, licence and languages.
        resume: go on from the last checkpoint, if there is one.

    Raises:
        TrainingError: the data or recipe cannot be trained, the loss is no number, or a file cannot be written.
    """
    keep_freed_memory()
    device = join_world()
    try:
        trained = train(
            dataset, recipe or default_recipe(dataset), RunFolder.beside(folder), device, resume=resume
        )
        if world()[0] == 0:
            write_pack(
                folder,
                name=facts.name,
                version=facts.version,
                encoders=trained.encoders,
                # The fusion room reads from its model what a catalogue's space is: a pack is served with one.
                fusion=trained.fusion or untrained_fusion(one_dimension(trained.encoders)),
                licence=facts.licence,
                languages=facts.languages,
                figures=trained.figures,
                recipe={"data": dict(dataset.counts()), **recipe_values(trained.recipe)},
            )
        wait_for_all()
        return trained
    finally:
        leave_world()


def train(
    dataset: Dataset, recipe: Recipe, run: RunFolder, device: torch.device, *, resume: bool = False
) -> Trained:
    """Train encoders and fusion in the folder of the run, without writing a pack."""
    corpus = make_corpus(
        dataset,
        modalities=tuple(recipe.encoders()),
        by_label=recipe.loss.positives == "label",
        shares=Shares(recipe.watch.dev_share, recipe.watch.test_share),
        seed=recipe.seed,
    )
    _note_recipe(run, recipe)
    seed_everything(recipe.seed)
    space = make_space(recipe, corpus).to(device)
    sources = make_sources(space, recipe, corpus, run.cache)
    # Encoders draw different amounts when they are built: what follows starts from the same numbers again.
    seed_everything(recipe.seed)
    trainer = Trainer(space, corpus, sources, recipe, run.root, _name(recipe, corpus))
    fitted = trainer.fit(resume=resume)
    say(f"encoders: the weights of step {fitted.step}, {fitted.steps_made} steps made")
    space.to("cpu")
    figures = fitted.figures
    if _serve_other_pictures(space, recipe):
        sources = make_sources(space, recipe, corpus, run.cache)
        figures = dev_figures(space, corpus, sources) if len(corpus.dev) else {}
    heads, table = _fusion(space, corpus, sources, recipe) if world()[0] == 0 else (None, ())
    trained = Trained(
        encoders={name: space.encoder(name) for name in sources},
        fusion=heads,
        figures=figures,
        table=table,
        recipe=recipe,
    )
    if world()[0] == 0:
        noted = {"dev": dict(figures), "fusion": [asdict(row) for row in table]}
        write_whole(run.figures, (json.dumps(noted, indent=2) + "\n").encode())
    return trained


def _serve_other_pictures(space: SharedSpace, recipe: Recipe) -> bool:
    """Let encoders take the pictures that they are to be served, and say whether any are others than in training.

    Random crops show things larger than whole photos do: photos a third larger than in training show them as large
    again (Touvron et al. 2019, "Fixing the train-test resolution discrepancy").
    """
    sides = {name: own.served_px for name, own in recipe.encoders().items() if name in space.encoders}
    for name, side in sides.items():
        if side is not None:
            space.encoder(name).take_pictures_of(side, side)
    return any(side is not None for side in sides.values())


def make_space(recipe: Recipe, corpus: Corpus) -> SharedSpace:
    """Build the encoders of the recipe for the modalities that the data has."""
    texts = [text for row in corpus.train if (text := corpus.records[row].text) is not None]
    encoders = {}
    for name, own in recipe.encoders().items():
        if name in corpus.modalities:
            encoders[name] = build_encoder(name, own.kind, recipe.dimension, own.options, corpus=texts)
            if own.frozen:
                encoders[name].freeze_backbone()
    if not encoders:
        raise TrainingError(
            f"the recipe has encoders of {list(recipe.encoders())}; the data has none of these"
        )
    return SharedSpace(encoders, recipe.loss, len(corpus.label_names))


def make_sources(space: SharedSpace, recipe: Recipe, corpus: Corpus, cache: Path) -> dict[str, Source]:
    """Prepare the inputs of every encoder: media are decoded, features of frozen backbones computed."""
    return {
        name: make_source(
            space.encoder(name),
            corpus,
            recipe.encoders()[name],
            seed=recipe.seed,
            cache=cache,
            workers=recipe.workers,
        )
        for name in space.encoders
    }


def banks(
    space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source], recipe: Recipe
) -> tuple[Bank, Bank, Phrases]:
    """Return the vectors of train, of dev, and of the phrases that change attributes."""
    values = attribute_values(corpus.records)
    train_bank = make_bank(space, corpus, sources, corpus.train, values)
    dev_bank = make_bank(space, corpus, sources, corpus.dev, values)
    encoder = space.encoder("text") if "text" in sources else None
    return train_bank, dev_bank, make_phrases(encoder, train_bank, recipe.fusion)


def _fusion(
    space: SharedSpace, corpus: Corpus, sources: Mapping[str, Source], recipe: Recipe
) -> tuple[FusionHeads | None, tuple[FusionRow, ...]]:
    if not recipe.fusion.steps or len(sources) < 2:
        return None, ()
    train_bank, dev_bank, phrases = banks(space, corpus, sources, recipe)
    heads = train_fusion_heads(train_bank, phrases, recipe.fusion, recipe.seed)
    table = fusion_table(dev_bank, phrases, fusions(heads), recipe.seed) if len(corpus.dev) else []
    return heads, tuple(table)


def _note_recipe(run: RunFolder, recipe: Recipe) -> None:
    if world()[0] == 0:
        try:
            run.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(f"{run.root} cannot be written: {error.strerror or error}") from error
        write_whole(run.recipe, (json.dumps(recipe_values(recipe), indent=2) + "\n").encode())


def _name(recipe: Recipe, corpus: Corpus) -> str:
    """Name what the encoders learn from: a checkpoint of other settings or data is not gone on from.

    Threads change no result; fusion and the size of served pictures come after the last checkpoint.
    """
    values: dict[str, Any] = recipe_values(recipe)
    values = {name: value for name, value in values.items() if name not in {"workers", "fusion"}}
    for name in recipe.encoders():
        values[name] = {field: value for field, value in values[name].items() if field != "served_px"}
    return hashlib.sha256(f"{json.dumps(values, sort_keys=True)} {corpus.digest()}".encode()).hexdigest()[:16]
