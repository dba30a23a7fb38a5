"""A pack of the size of CLIP ViT-B/32 with random weights: what it finds means nothing, what it costs is real.

    python -m bench.sized_pack FOLDER     # then: triptych pack import FOLDER --kind transformers --licence MIT …

151 million numbers: 12 layers of 768 over pictures of 224 pixels, 12 layers of 512 over up to 77 words.
"""

import sys
from pathlib import Path

import training  # noqa: F401 - before anything imports torch: it says that the folder triton/ is no package

import torch  # isort: skip
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel, PreTrainedTokenizerFast

SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "bos_token": "[BOS]", "eos_token": "[EOS]"}
VOCABULARY = 49_408
LENGTH = 77


def write(folder: Path) -> None:
    """Write the model, its tokeniser and its processor to *folder*."""
    torch.manual_seed(1)
    ends = {"eos_token_id": 3, "bos_token_id": 2, "pad_token_id": 0}
    text = {"vocab_size": VOCABULARY, "max_position_embeddings": LENGTH, **ends}
    CLIPModel(CLIPConfig(text_config=text)).save_pretrained(folder)
    tokeniser().save_pretrained(folder)
    CLIPImageProcessorPil().save_pretrained(folder)


def tokeniser() -> PreTrainedTokenizerFast:
    """Return a tokeniser of whole words, all of them unknown."""
    inner = Tokenizer(WordLevel({name: at for at, name in enumerate(SPECIAL.values())}, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    inner.post_processor = TemplateProcessing(
        single="[BOS] $A [EOS]", special_tokens=[("[BOS]", 2), ("[EOS]", 3)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=LENGTH, **SPECIAL)


if __name__ == "__main__":
    write(Path(sys.argv[1]))
