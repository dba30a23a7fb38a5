"""CLIP, SigLIP and CLAP models of the transformers library as encoders."""

from collections.abc import Mapping
from pathlib import Path

from training.errors import TrainingError
from training.networks.clap_sound import read_clap_sound
from training.networks.clip import ClapAudioEncoder, ClipImageEncoder, ClipTextEncoder
from training.networks.clip_towers import modalities_of, take_tower
from training.networks.encoder import ModalityEncoder
from training.networks.transformers_folder import load_backbone, load_config, load_tokeniser, local_folder
from training.networks.transformers_pictures import read_picture_input


def import_encoders(source: Path) -> Mapping[str, ModalityEncoder]:
    """Return the encoders of the model in the folder *source*; their vectors are the model's own.

    Raises:
        TrainingError: it is no folder, or holds no model of these families.
    """
    folder = local_folder(source)
    config = load_config(folder)
    modalities = modalities_of(config)
    if not modalities:
        raise TrainingError(
            f"{folder} holds a model of type {config.model_type}; a pack can be made of CLIP, SigLIP and CLAP. "
            "Of a model of one modality, train a pack with it as a backbone; Whisper and models that describe pictures "
            "are given to a pack by `triptych speech --whisper` and `triptych captions --model`"
        )
    whole, _ = load_backbone(folder)
    encoders: dict[str, ModalityEncoder] = {}
    for modality in modalities:
        tower = take_tower(whole, modality)
        if modality == "text":
            encoders[modality] = ClipTextEncoder(tower.width, tower, whole.config, load_tokeniser(folder))
        elif modality == "image":
            encoders[modality] = ClipImageEncoder(
                tower.width, tower, whole.config, read_picture_input(folder)
            )
        else:
            encoders[modality] = ClapAudioEncoder(tower.width, tower, whole.config, read_clap_sound(folder))
    return {modality: encoder.eval() for modality, encoder in encoders.items()}
