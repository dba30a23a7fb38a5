"""The encoders of a pack on this machine's GPU, beside one thread of its processor.

    python -m bench.gpu [--pack PACK] [--seconds 3] [--kinds CPU GPU]

The same pack is served by Triton twice, one after the other: its models as instances of a processor, in full precision,
and of a GPU, in half. Both times every encoder gets the same inputs: texts and pictures of the demonstration catalogue,
and chords. For each:

- *cosine*: between the vectors of both kinds, the least and the mean of 256 inputs; with *top 10*, how many of the ten
  nearest among the others are the same;
- *per s*: inputs a second in batches of 64, four under way;
- *p50, p99 ms*: one input after the other.

Prints a table and writes bench/out/gpu.json.
"""

import io
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tritonclient.grpc as triton
from numpy.typing import NDArray

from bench import reporting
from bench.ingest import PACK, pixels
from training.demo.items import items
from training.demo.render import render
from triptych.local.ports import LOOPBACK, free_ports
from triptych.local.triton import TritonPorts, triton_command
from triptych.local.waiting import is_ok, wait_until_ready
from triptych.packs.pack import ENCODERS, read_pack
from triptych.runtime.triton import input_tensor

OUT = Path(__file__).parent / "out" / "gpu.json"
INPUTS, BATCH, UNDER_WAY, NEAREST = 256, 64, 4, 10
SOUND_S = 2.0
PATIENCE_S = 300.0
KIND = re.compile(r"kind: KIND_\w+")
Arrays = Mapping[str, NDArray[Any]]


@contextmanager
def served(pack: Path, kind: str, folder: Path) -> Iterator[str]:
    """Serve *pack* with all models of one *kind*; yields the address of Triton."""
    copy = folder / kind
    shutil.copytree(pack, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for config in copy.glob("*/config.pbtxt"):
        if config.parent.name not in ENCODERS.values():
            shutil.rmtree(config.parent)
            continue
        config.write_text(KIND.sub(f"kind: KIND_{kind}", config.read_text()))
    grpc, http, metrics = free_ports(3)
    ports = TritonPorts(grpc, http, metrics)
    with (folder / f"{kind}.log").open("wb") as log:
        process = subprocess.Popen(
            triton_command(copy, folder / f"{kind}-state", ports), stdout=log, stderr=log
        )
        try:
            wait_until_ready(
                process, lambda: is_ok(f"http://{LOOPBACK}:{ports.http}/v2/health/ready"), PATIENCE_S
            )
            yield f"{LOOPBACK}:{ports.grpc}"
        except Exception:
            print((folder / f"{kind}.log").read_text()[-4000:])
            raise
        finally:
            process.terminate()
            process.wait(60)


def inputs_of(model: str, client: triton.InferenceServerClient) -> Arrays:
    """Return INPUTS inputs for *model* by name, rows first."""
    drawn = items(INPUTS)
    form = client.get_model_config(model).config.parameters
    if model == ENCODERS["text"]:
        return {"TEXT": np.array([[f"{each.title_en}. {each.description_en}"] for each in drawn], object)}
    if model == ENCODERS["image"]:
        return {"IMAGE": np.stack([pixels(jpeg(each), form) for each in drawn])}
    rate = int(form["sample_rate_hz"].string_value)
    return chords(int(SOUND_S * rate), rate)


def jpeg(item: Any) -> bytes:
    """Return a picture of *item*."""
    file = io.BytesIO()
    render(item, 0).save(file, "JPEG")
    return file.getvalue()


def chords(samples: int, rate: int) -> Arrays:
    """Return sounds of three tones each, one chord for every input."""
    drawn = np.random.default_rng(0)
    times = np.arange(samples) / rate
    tones = drawn.uniform(80, 3_000, (INPUTS, 3, 1))
    waves = np.sin(2 * np.pi * tones * times).sum(axis=1) / 3
    return {
        "WAVEFORM": waves.astype(np.float32),
        "SAMPLES": np.full((INPUTS, 1), samples, np.int32),
    }


def asked(client: triton.InferenceServerClient, model: str, inputs: Arrays, rows: slice) -> NDArray[Any]:
    """Return the vectors of some rows."""
    tensors = [input_tensor(name, values[rows]) for name, values in inputs.items()]
    return np.asarray(client.infer(model, tensors).as_numpy("VECTOR"))


def measured(address: str, seconds: float) -> dict[str, dict[str, Any]]:
    """Return vectors and times of every encoder at *address*, by its name."""
    client = triton.InferenceServerClient(address)
    found = {}
    for model in ENCODERS.values():
        if not client.is_model_ready(model):
            continue
        inputs = inputs_of(model, client)
        batches = [slice(at, at + BATCH) for at in range(0, INPUTS, BATCH)]
        vectors = np.concatenate([asked(client, model, inputs, rows) for rows in batches])
        single = one_at_a_time(client, model, inputs, seconds)
        found[model] = {
            "vectors": vectors,
            "per s": in_batches(client, model, inputs, seconds),
            "p50 ms": float(np.percentile(single, 50)) * 1e3,
            "p99 ms": float(np.percentile(single, 99)) * 1e3,
        }
    return found


def one_at_a_time(
    client: triton.InferenceServerClient, model: str, inputs: Arrays, seconds: float
) -> list[float]:
    """Return how long each took, in seconds."""
    took, end, number = [], time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        begun = time.perf_counter()
        asked(client, model, inputs, slice(number % INPUTS, number % INPUTS + 1))
        took.append(time.perf_counter() - begun)
        number += 1
    return took


def in_batches(client: triton.InferenceServerClient, model: str, inputs: Arrays, seconds: float) -> float:
    """Return inputs a second in full batches."""
    begun = time.perf_counter()

    def ask(first: int) -> int:
        count = 0
        while time.perf_counter() < begun + seconds:
            at = (first + count) * BATCH % INPUTS
            asked(client, model, inputs, slice(at, at + BATCH))
            count += 1
        return count

    with ThreadPoolExecutor(UNDER_WAY) as pool:
        batches = sum(pool.map(ask, range(UNDER_WAY)))
    return batches * BATCH / (time.perf_counter() - begun)


def nearest(vectors: NDArray[Any]) -> NDArray[Any]:
    """Return the places of the NEAREST others of each vector [N, NEAREST]."""
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -np.inf)
    return np.argsort(-scores, axis=1)[:, :NEAREST]


def agreement(one: NDArray[Any], other: NDArray[Any]) -> dict[str, float]:
    """Return how far two sets of vectors of the same inputs agree."""
    cosines = (one * other).sum(axis=1)
    same = [len(set(a) & set(b)) / NEAREST for a, b in zip(nearest(one), nearest(other), strict=True)]
    return {
        "least cosine": float(cosines.min()),
        "mean cosine": float(cosines.mean()),
        "top 10": float(np.mean(same)),
    }


def main() -> None:
    """Measure, print and keep."""
    parser = reporting.parser(__doc__)
    parser.add_argument("--pack", type=Path, default=PACK)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--kinds", nargs="+", choices=["CPU", "GPU"], default=["CPU", "GPU"])
    arguments = parser.parse_args()
    pack = read_pack(arguments.pack)
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in arguments.kinds:
            with served(arguments.pack, kind, Path(folder)) as address:
                found[kind] = measured(address, arguments.seconds)
    rows: list[dict[str, object]] = []
    for kind, models in found.items():
        for model, facts in models.items():
            reference = found[arguments.kinds[0]][model]
            times = {name: value for name, value in facts.items() if name != "vectors"}
            gain = {"times": facts["per s"] / reference["per s"]}
            rows.append(
                {"model": model, "kind": kind}
                | times
                | gain
                | agreement(facts["vectors"], reference["vectors"])
            )
    reporting.show(rows, f"{pack.id}, batches of {BATCH}")
    reporting.keep({"pack": pack.id, "rows": rows}, OUT)


if __name__ == "__main__":
    main()
