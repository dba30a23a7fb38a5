"""One training of the demonstration pack: what each stage reads, and where it leaves what it learned."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from training import attributes
from training.data import pictures, speech
from training.data.cache import catalogue_digest
from training.data.mixtures import Bank
from training.data.texts import Said, TextSampler, attributes_of, combinations
from training.demo.items import items
from training.networks.audio import compact_audio_encoder
from training.networks.image import compact_image_encoder
from training.networks.text import TOKENISER_FILE, compact_text_encoder
from training.networks.tokeniser import load_tokeniser
from training.pack import load_weights, save_weights, weights_file
from training.recipe import Recipe
from training.stages.audio import embed_speech, train_audio
from training.stages.fusion import train_fusion
from training.stages.image import embed_pictures, train_image
from training.stages.text import embed_texts, make_tokeniser, train_text


class Run:
    """Each method of a stage's name trains that stage from what the earlier ones have left in the folder."""

    def __init__(self, recipe: Recipe, folder: Path, workers: int) -> None:
        self.recipe, self.folder, self.workers = recipe, folder, workers
        self.cache = folder / catalogue_digest()
        self.items = [item for item in items() if item.split == "train"]
        self.known = combinations(self.items, "train")

    def prepare(self) -> None:
        """Render and speak everything once, with all workers."""
        self._pictures()
        self._speech()

    def text(self) -> None:
        """Stage 1: the tokeniser and the text encoder."""
        recipe = self.recipe
        tokeniser = make_tokeniser(self.known, recipe.vocabulary_max, recipe.seed)
        tokeniser.save(str(self.folder / TOKENISER_FILE))
        network = train_text(tokeniser, self.known, recipe.text, recipe.prototype_scale, recipe.seed)
        save_weights(weights_file(self.folder, "text"), network)

    def image(self) -> None:
        """Stage 2: the image encoder, beside the finished text encoder."""
        named, texts = self._texts()
        network = train_image(
            seen=self._pictures(),
            shown=self._shown(),
            texts=texts,
            named=named,
            schedule=self.recipe.image,
            scale=self.recipe.prototype_scale,
            seed=self.recipe.seed,
        )
        save_weights(weights_file(self.folder, "image"), network)

    def audio(self) -> None:
        """Stage 3: the audio encoder, taught by the finished text encoder."""
        frames, counts = self._speech()
        script = [utterance.said for utterance in self._script()]
        network = train_audio(
            frames=frames,
            counts=counts,
            transcripts=self._read([said.text for said in script]),
            named=_codes(script),
            schedule=self.recipe.audio,
            scale=self.recipe.prototype_scale,
            seed=self.recipe.seed,
        )
        save_weights(weights_file(self.folder, "audio"), network)

    def fusion(self) -> None:
        """Stage 4: the fusion heads, on vectors of the finished encoders."""
        network = train_fusion(self._banks(), self.recipe.fusion, self.recipe.seed)
        save_weights(weights_file(self.folder, "fusion"), network)

    def _banks(self) -> tuple[Bank, Bank, Bank]:
        image = load_weights(self.folder, "image", compact_image_encoder())
        audio = load_weights(self.folder, "audio", compact_audio_encoder())
        named, texts = self._texts()
        return (
            Bank(texts, named),
            Bank(embed_pictures(image, self._pictures()), self._shown()),
            Bank(embed_speech(audio, *self._speech()), _codes([one.said for one in self._script()])),
        )

    def _pictures(self) -> Any:
        taken = [(item, view) for view in range(self.recipe.views) for item in self.items]
        return pictures.pictures(self.cache, taken, self.workers)

    def _shown(self) -> Tensor:
        return attributes.codes([attributes_of(item) for item in self.items]).repeat(self.recipe.views, 1)

    def _script(self) -> list[speech.Utterance]:
        return speech.script(self.known, self.recipe.utterances, self.recipe.script_seed)

    def _speech(self) -> tuple[Any, Any]:
        return speech.coefficients(self.cache, self._script(), self.workers)

    def _texts(self) -> tuple[Tensor, Tensor]:
        said = TextSampler(self.known, self.recipe.seed + 2).draw(self.recipe.texts)
        return _codes(said), self._read([one.text for one in said])

    def _read(self, texts: Sequence[str]) -> Tensor:
        tokeniser = load_tokeniser(self.folder / TOKENISER_FILE)
        network = load_weights(self.folder, "text", compact_text_encoder(tokeniser))
        return embed_texts(network, tokeniser, list(texts))


def _codes(said: Sequence[Said]) -> Tensor:
    return attributes.codes([one.attributes for one in said])
