"""The images of the Dockerfile, really built and really run: by root, where buildah and debootstrap are."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.integration.images.boxes import Image, Network, build, missing, network

ROOMS = ("gateway", "encoder", "fusion", "search", "ranker")
# One image in every run; all of them, and the walk through them, by `make images`.
ALL = os.environ.get("TRIPTYCH_IMAGES") == "all"
# On two busy cores Triton loads its models for minutes.
PATIENCE_S = 300
QUERY = """
from triptych.client import Client
from triptych.v1.types_pb2 import CONSISTENCY_STRONG, Product
products = [Product(id="mug", title="red metal mug"), Product(id="chair", title="green wooden chair")]
with Client("127.0.0.1:7100") as shop:
    shop.upsert(products, catalog="images")
    answer = shop.search(text="red mug", catalog="images", consistency=CONSISTENCY_STRONG)
    print(answer.results[0].product.id)
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(missing()), reason=missing() or "images can be built"),
]


@pytest.fixture(scope="module")
def built() -> Callable[[str], Image]:
    """Return what builds an image, once."""
    images: dict[str, Image] = {}

    def image_of(target: str) -> Image:
        return images.setdefault(target, images.get(target) or build(target))

    return image_of


@pytest.fixture
def net() -> Iterator[Network]:
    """A network of the test's own."""
    with network() as found:
        yield found


def wait_for(net: Network, command: list[str], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return once *command* ends well; fail with the log when *process* has ended or patience has."""
    end = time.monotonic() + PATIENCE_S
    while net.ask(command)[0] != 0:
        if process.poll() is not None or time.monotonic() > end:
            pytest.fail(f"status {process.poll()}: {log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.5)


@pytest.mark.parametrize("room", ROOMS if ALL else ["fusion"])
def test_room_starts_on_a_read_only_root_without_being_root(room: str, built, net: Network, tmp_path: Path):
    """It is alive by its own health command, unready without what it needs, has no torch, and stops when it is told to."""
    image, log = built(room), tmp_path / "log"
    with image.mounted() as root:
        process = net.run(net.contained(image, root), log)
        health = list(image.config["Healthcheck"]["Test"])[1:]
        wait_for(net, net.contained(image, root, [*health, "liveness"]), process, log)
        uid = Path(f"/proc/{process.pid}/status").read_text().split("Uid:")[1].split()[0]
        unwritable = net.ask(net.contained(image, root, ["python", "-c", "open('/app/x', 'w')"]))[1]
        torch = net.ask(net.contained(image, root, ["python", "-c", "import torch"]))[1]
        readiness = net.ask(net.contained(image, root, health))
        process.terminate()

        # The ranker orders by similarity without Triton, but says that its networks are missing; so do all.
        assert "65532" == uid
        assert "Read-only file system" in unwritable
        assert "No module named 'torch'" in torch
        assert (1, True) == (readiness[0], readiness[1].strip().endswith("NOT_SERVING"))
        assert 0 == process.wait(60)


@pytest.mark.skipif(not ALL, reason="`make images` builds all images and searches through them")
def test_search_walks_through_the_images(built, net: Network, tmp_path: Path):
    """Milvus beside them, products are stored and found by the rooms' and Triton's images with the pack of an image."""
    models = tmp_path / "models"
    models.mkdir(mode=0o777)
    models.chmod(0o777)
    with ExitStack() as stack:
        processes = []
        pack = built("pack")
        laid_out = net.ask(net.contained(pack, stack.enter_context(pack.mounted()), None, models))
        assert (0, "") == laid_out
        milvus = [
            "-m",
            "triptych.local.milvus",
            "--data",
            str(tmp_path / "milvus"),
            "--cache",
            "var/cache/milvus",
        ]
        processes.append(net.run([sys.executable, *milvus], tmp_path / "milvus.log"))
        for target in ("triton-cpu", *ROOMS[1:], "gateway"):
            image = built(target)
            root = stack.enter_context(image.mounted())
            started = net.run(
                net.contained(image, root, None, models if target == "triton-cpu" else None),
                tmp_path / target,
            )
            processes.append(started)
        stack.callback(lambda: [process.wait(60) for process in processes])
        stack.callback(lambda: [process.terminate() for process in processes])
        probe = [sys.executable, "-m", "triptych.runtime.probe", "127.0.0.1:7100"]
        wait_for(net, probe, processes[-1], tmp_path / "gateway")

        assert (0, "mug") == _found(net)


def _found(net: Network) -> tuple[int, str]:
    status, said = net.ask([sys.executable, "-c", QUERY])
    return status, said.strip()
