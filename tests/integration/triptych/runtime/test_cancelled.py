"""Work that nobody waits for ends in a real Triton: what waits in its queue is never begun."""

import asyncio
import itertools
from pathlib import Path

import numpy as np
import pytest

from triptych.runtime.context import request
from triptych.runtime.triton import infer, open_triton
from triptych.vocabulary.errors import DeadlineExceeded

CONFIG = """
name: "slow"
backend: "python"
max_batch_size: 1
input [ { name: "X", data_type: TYPE_FP32, dims: [1] } ]
output [ { name: "Y", data_type: TYPE_FP32, dims: [1] } ]
dynamic_batching { }
"""
# Notes each request that it works on, and takes its time.
MODEL = """
import pathlib
import time
import triton_python_backend_utils as triton

class TritonPythonModel:
    def execute(self, requests):
        inputs = [triton.get_input_tensor_by_name(request, "X").as_numpy() for request in requests]
        with pathlib.Path("{notes}").open("a") as notes:
            notes.writelines(f"{{x[0, 0]:.0f}}\\n" for x in inputs)
        time.sleep(0.5)
        return [triton.InferenceResponse([triton.Tensor("Y", x)]) for x in inputs]
"""
WAITING = 6
HANDED_ON = 2


@pytest.fixture
def notes(tmp_path) -> Path:
    return tmp_path / "notes"


@pytest.fixture
async def ask(serve_models, tmp_path, notes):
    """Return what asks the slow model with a number, in so many seconds."""
    folder = tmp_path / "models" / "slow" / "1"
    folder.mkdir(parents=True)
    (folder.parent / "config.pbtxt").write_text(CONFIG)
    (folder / "model.py").write_text(MODEL.format(notes=notes))
    with serve_models(tmp_path / "models") as address:
        client = open_triton(address)

        async def asked(number: int, timeout_s: float):
            with request(None, timeout_s):
                return await infer(client, "slow", {"X": np.array([[number]], np.float32)}, "Y")

        yield asked
        await client.close()


async def test_what_waits_in_the_queue_is_never_begun(ask, notes):
    """Neither for callers that left nor past their deadlines; who still waits is answered."""
    numbers = itertools.count(1)
    first = asyncio.create_task(ask(0, 10))
    while not notes.exists():
        await asyncio.sleep(0.02)
    left = [asyncio.create_task(ask(next(numbers), 10)) for _ in range(WAITING)]
    late = [asyncio.create_task(ask(next(numbers), 0.15)) for _ in range(WAITING)]
    await asyncio.sleep(0.1)
    stays = asyncio.create_task(ask(100, 10))
    await asyncio.sleep(0.05)
    for each in left:
        each.cancel()
    outcomes = await asyncio.gather(*left, *late, return_exceptions=True)

    assert [asyncio.CancelledError] * WAITING + [DeadlineExceeded] * WAITING == [type(e) for e in outcomes]
    assert [[[0]], [[100]]] == [(await each).tolist() for each in (first, stays)]
    begun = [int(line) for line in notes.read_text().split()]
    assert {0, 100} <= set(begun)
    # Triton has handed the next ones to the model already when it hears that nobody waits for them any more.
    assert len(begun) <= 2 + HANDED_ON
