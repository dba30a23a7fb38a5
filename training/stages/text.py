"""Stage 1: the text encoder learns which attribute values a text names."""

import torch
from tokenizers import Tokenizer
from torch import Tensor

from training import attributes, loop
from training.data.texts import Said, TextSampler
from training.losses.cosine import cosine
from training.losses.prototype import prototype
from training.networks.text import TextEncoder, compact_text_encoder
from training.networks.tokeniser import pieces, train_tokeniser

TOKENISER_TEXTS = 20_000
PRODUCT_STEPS_EVERY = 5


def make_tokeniser(known: list[dict[str, str]], vocabulary_max: int, seed: int) -> Tokenizer:
    """Learn the word pieces of the texts about the known combinations."""
    sampler = TextSampler(known, seed)
    return train_tokeniser((said.text for said in sampler.draw(TOKENISER_TEXTS)), vocabulary_max)


def train_text(
    tokeniser: Tokenizer, known: list[dict[str, str]], schedule: loop.Schedule, scale: float, seed: int
) -> TextEncoder:
    """Train towards the prototypes: cosine to the whole target, softmax among the values of each attribute."""
    network = compact_text_encoder(tokeniser)
    sampler = TextSampler(known, seed + 1)

    def loss_of_step(step: int) -> Tensor:
        # Product texts are several times longer: in batches of their own they do not pad the queries.
        draw = sampler.product if step % PRODUCT_STEPS_EVERY == 0 else sampler.query
        return _loss(network, tokeniser, [draw() for _ in range(schedule.batch)], scale)

    loop.run("text", network, schedule, loss_of_step)
    return network


def _loss(network: TextEncoder, tokeniser: Tokenizer, said: list[Said], scale: float) -> Tensor:
    named = attributes.codes([one.attributes for one in said])
    vectors = network(pieces(tokeniser, [one.text for one in said]))
    by_value = prototype(vectors, attributes.prototypes(), named, scale)
    return cosine(vectors, attributes.targets(named)) + by_value / scale


@torch.inference_mode()
def embed_texts(network: TextEncoder, tokeniser: Tokenizer, texts: list[str], batch: int = 256) -> Tensor:
    """Return unit vectors [N, 256], in the order of *texts*."""
    chunks = [texts[at : at + batch] for at in range(0, len(texts), batch)]
    return torch.cat([network(pieces(tokeniser, chunk)) for chunk in chunks])
