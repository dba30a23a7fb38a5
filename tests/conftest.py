"""Servers that tests share: each is started when the first test asks for it, once a session, on free ports."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

import training  # noqa: F401 - before anything imports torch: it says that the folder triton/ is no package
from triptych.local.bound import bound_command
from triptych.local.milvus import milvus_command
from triptych.local.ports import free_port, free_ports
from triptych.local.triton import TritonPorts, remove_shared_memory, shared_memory_prefix, triton_command
from triptych.local.waiting import is_ok, wait_until_ready

# No example is late: on a loaded machine any of them may take longer than Hypothesis allows.
settings.register_profile("triptych", deadline=None)
settings.load_profile("triptych")

ROOT = Path(__file__).resolve().parents[1]
MODEL_REPOSITORY = ROOT / "triton" / "model_repository"
PATIENCE_S = 180

ServeModels = Callable[[Path], AbstractContextManager[str]]


def run_until_ready(command: list[str], ready: Callable[[], bool], log: Path) -> Iterator[None]:
    """Run a server while the generator is suspended; it ends with the tests even when these are killed."""
    with log.open("wb") as output:
        process = subprocess.Popen(bound_command(command), stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
    try:
        try:
            wait_until_ready(process, ready, PATIENCE_S)
        except RuntimeError as error:
            pytest.fail(f"{command[2]} {error}:\n{log.read_text(errors='replace')[-4000:]}")
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Milvus, "http://127.0.0.1:PORT", empty at first."""
    folder, (port, metrics_port) = tmp_path_factory.mktemp("milvus"), free_ports(2)
    command = milvus_command(folder, port, metrics_port, cache=ROOT / "var" / "cache" / "milvus")
    healthy = f"http://127.0.0.1:{metrics_port}/healthz"
    for _ in run_until_ready(command, lambda: is_ok(healthy), folder / "milvus.log"):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def serve_models(tmp_path_factory: pytest.TempPathFactory) -> ServeModels:
    """Return a context manager that serves the models in a folder with a real Triton and yields "127.0.0.1:PORT"."""

    @contextmanager
    def served(models: Path) -> Iterator[str]:
        folder, ports = tmp_path_factory.mktemp("triton"), TritonPorts(*free_ports(3))
        ready = f"http://127.0.0.1:{ports.http}/v2/health/ready"
        command = triton_command(models, folder, ports)
        for _ in run_until_ready(command, lambda: is_ok(ready), folder / "triton.log"):
            yield f"127.0.0.1:{ports.grpc}"
        remove_shared_memory(shared_memory_prefix(folder))

    return served


@pytest.fixture(scope="session")
def triton(serve_models: ServeModels) -> Iterator[str]:
    """GRPC address of a real Triton that serves the repository's models, "127.0.0.1:PORT"."""
    with serve_models(MODEL_REPOSITORY) as address:
        yield address


@pytest.fixture(name="free_port")
def a_free_port() -> int:
    """A TCP port that nobody listens on."""
    return free_port()


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread: small networks wait for one another longer than they compute."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
