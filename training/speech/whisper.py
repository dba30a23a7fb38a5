"""Speech to text by Whisper (Radford et al. 2022) from a local folder, through `transformers`. Nothing is downloaded."""

from pathlib import Path
from typing import Any

import torch
from transformers import WhisperForConditionalGeneration, WhisperProcessor

from training.errors import TrainingError
from training.speech.heard import Heard, Wave
from training.speech.phrases import NO_WAYS, Ways, speakable, spotted

SECONDS_MAX = 30


class WhisperRecogniser:
    """Decodes greedily; slots are what phrases of *ways* name in the transcript.

    Args:
        folder: of a model as `save_pretrained` writes it, with its processor.
        language: such as "en"; "" leaves it to a multilingual model to find out.
        confidence_floor: what is heard with less is not claimed to be understood.
    """

    def __init__(
        self,
        folder: Path,
        *,
        language: str = "",
        ways: Ways = NO_WAYS,
        confidence_floor: float = 0.0,
        device: str = "cpu",
    ) -> None:
        try:
            self._processor: Any = WhisperProcessor.from_pretrained(folder, local_files_only=True)
            self._model: Any = WhisperForConditionalGeneration.from_pretrained(folder, local_files_only=True)
        except (OSError, ValueError) as error:
            raise TrainingError(f"{folder} holds no Whisper model of transformers: {error}") from error
        self._model.to(device).eval()
        self._ways = ways
        self._floor = confidence_floor
        self._options = _generation(self._model, language, folder)
        self.rate_hz: int = self._processor.feature_extractor.sampling_rate

    def hear(self, wave: Wave) -> Heard:
        """Return what is said in up to 30 seconds; the confidence is the mean probability of a word piece."""
        text, confidence = self._generate(wave[: SECONDS_MAX * self.rate_hz])
        if confidence < self._floor or not text:
            return Heard("", confidence)
        return Heard(text, confidence, spotted(speakable(text), self._ways))

    @torch.inference_mode()
    def _generate(self, wave: Wave) -> tuple[str, float]:
        features = self._processor(
            wave, sampling_rate=self.rate_hz, return_tensors="pt", return_attention_mask=True
        )
        made = self._model.generate(
            features.input_features.to(self._model.device, self._model.dtype),
            attention_mask=features.attention_mask.to(self._model.device),
            do_sample=False, num_beams=1, return_dict_in_generate=True, output_scores=True, **self._options,
        )  # fmt: skip
        text = self._processor.batch_decode(made.sequences, skip_special_tokens=True)[0].strip()
        scores = self._model.compute_transition_scores(made.sequences, made.scores, normalize_logits=True)[0]
        finite = scores[torch.isfinite(scores)]
        return text, float(finite.mean().exp()) if len(finite) else 0.0


def _generation(model: Any, language: str, folder: Path) -> dict[str, str]:
    """Return what tells *model* the language; a model of English alone is told nothing."""
    if not getattr(model.generation_config, "is_multilingual", False):
        if language not in {"", "en"}:
            raise TrainingError(f"{folder} knows English only, not {language!r}")
        return {}
    return {"task": "transcribe", **({"language": language} if language else {})}
