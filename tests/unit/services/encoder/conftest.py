"""Facts and parts of an encoder service without any server."""

import asyncio

import pytest

from services.encoder.adapters.in_memory import (
    InMemoryAudioEncoder,
    InMemoryImageEncoder,
    InMemoryTextEncoder,
)


@pytest.fixture(scope="session")
def text_facts():
    return asyncio.run(InMemoryTextEncoder().facts())


@pytest.fixture(scope="session")
def image_facts():
    """Pictures of 32 × 32, fitted on white."""
    return asyncio.run(InMemoryImageEncoder().facts())


@pytest.fixture(scope="session")
def audio_facts():
    """Waveforms of 16 kHz and at most 30 s."""
    return asyncio.run(InMemoryAudioEncoder().facts())
