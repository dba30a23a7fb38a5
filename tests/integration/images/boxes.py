"""Images run without a container engine: a network of their own, a read-only root, the user that the image names."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CONTAINED = Path(__file__).parent / "contained.sh"
STORE = ROOT / "var" / "images"
BUILDAH = ["buildah", "--root", str(STORE / "storage"), "--runroot", str(STORE / "run")]
NEEDED = ("buildah", "debootstrap", "unshare", "nsenter", "ip")


def missing() -> str:
    """Return why images cannot be built and run here; empty where they can."""
    absent = [program for program in NEEDED if shutil.which(program) is None]
    if absent:
        return f"images need {', '.join(absent)}: apt-get install buildah debootstrap iproute2"
    if os.geteuid() != 0:
        return "images are built and run as root"
    refused = subprocess.run(["unshare", "--net", "--mount", "true"], capture_output=True, check=False)
    return "this machine lets nobody make namespaces" if refused.returncode else ""


def build(target: str) -> "Image":
    """Build the image of *target* in the Dockerfile."""
    done = subprocess.run(
        [ROOT / "scripts" / "images.sh", target], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return Image(f"localhost/triptych-{target}")


@dataclass(frozen=True)
class Image:
    """An image that was built."""

    name: str

    @property
    def config(self) -> dict[str, object]:
        """What it says of itself."""
        return json.loads(self._buildah("inspect", "--type", "image", self.name))["Docker"]["config"]

    @property
    def bytes(self) -> int:
        """Its size, unpacked."""
        images = json.loads(self._buildah("images", "--json", self.name))
        return int(float(images[0]["size"].split()[0]) * {"MB": 1e6, "GB": 1e9}[images[0]["size"].split()[1]])

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """Yield the folder of its files."""
        container = self._buildah("from", "--pull-never", self.name)
        try:
            yield Path(self._buildah("mount", container))
        finally:
            self._buildah("rm", container)

    def _buildah(self, *arguments: str) -> str:
        done = subprocess.run([*BUILDAH, *arguments], check=True, capture_output=True, text=True)
        return done.stdout.strip()


@dataclass(frozen=True)
class Network:
    """A network that nothing else is in, as containers of one Pod share it."""

    pid: int

    def run(self, command: list[str], log: Path) -> subprocess.Popen[bytes]:
        """Start *command* in it; it ends with this process."""
        with log.open("wb") as output:
            return subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *self._within(command)],
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )

    def ask(self, command: list[str]) -> tuple[int, str]:
        """Run *command* in it to its end; return its status and what it said."""
        done = subprocess.run(
            self._within(command), capture_output=True, text=True, check=False, cwd=ROOT, timeout=120
        )
        return done.returncode, done.stdout + done.stderr

    def contained(
        self, image: Image, root: Path, command: list[str] | None = None, models: Path | None = None
    ) -> list[str]:
        """Return how *command*, or the image's own, is run in the image mounted at *root*."""
        config = image.config
        own = [*config["Entrypoint"], *config["Cmd"]]
        environment = ["/usr/bin/env", "-i", *config["Env"], "TRIPTYCH_GATEWAY_ANONYMOUS=true"]
        return [
            "unshare", "--mount", str(CONTAINED), str(root), str(config["User"]), str(config["WorkingDir"] or "/"),
            str(models or "-"), *environment, *(command or own),
        ]  # fmt: skip

    def _within(self, command: list[str]) -> list[str]:
        return ["nsenter", f"--net=/proc/{self.pid}/ns/net", *command]


@contextmanager
def network() -> Iterator[Network]:
    """Yield a network; it goes with the context."""
    keeper = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sh", "-c", "ip link set lo up && echo up && exec sleep 3600"],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert keeper.stdout is not None
        assert keeper.stdout.readline() == b"up\n"
        yield Network(keeper.pid)
    finally:
        keeper.kill()
        keeper.wait()
