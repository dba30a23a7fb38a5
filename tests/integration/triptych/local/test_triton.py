import time

import numpy as np
import psutil
import pytest
from tritonclient.grpc import InferenceServerClient, InferInput

from triptych.local.ports import free_ports
from triptych.local.triton import SHARED_MEMORY, TritonPorts, shared_memory_prefix, triton_command

CONFIG = """
name: "twice"
backend: "python"
max_batch_size: 0
input [ { name: "X", data_type: TYPE_FP32, dims: [-1] } ]
output [ { name: "Y", data_type: TYPE_FP32, dims: [-1] } ]
"""
# Imports this project and numpy: both must come from the environment that the tests run in.
MODEL = """
import numpy
import training
import triton_python_backend_utils as triton

class TritonPythonModel:
    def execute(self, requests):
        assert numpy.__version__ == "{numpy_version}", numpy.__version__
        inputs = [triton.get_input_tensor_by_name(request, "X").as_numpy() for request in requests]
        return [triton.InferenceResponse([triton.Tensor("Y", 2 * x)]) for x in inputs]
"""
PATIENCE_S = 20


@pytest.fixture
def repository(tmp_path):
    """A model repository whose one model doubles its input."""
    folder = tmp_path / "models" / "twice" / "1"
    folder.mkdir(parents=True)
    (folder.parent / "config.pbtxt").write_text(CONFIG)
    (folder / "model.py").write_text(MODEL.format(numpy_version=np.__version__))
    return tmp_path / "models"


def twice(ports, values):
    """Ask the model."""
    tensor = InferInput("X", [len(values)], "FP32")
    tensor.set_data_from_numpy(np.array(values, np.float32))
    with InferenceServerClient(f"127.0.0.1:{ports.grpc}") as client:
        return client.infer("twice", [tensor], client_timeout=10).as_numpy("Y").tolist()


def shared_memory(state):
    """Return the shared memory of a Triton."""
    return {path.name for path in SHARED_MEMORY.glob(f"{shared_memory_prefix(state)}*")}


@pytest.mark.slow
def test_a_killed_triton_leaves_nothing_behind_and_starts_again(server, repository, tmp_path):
    """After kill -9 its models' processes end by themselves, and the next start clears the shared memory."""
    state, ports = tmp_path / "state", TritonPorts(*free_ports(3))
    triton = server(
        triton_command(repository, state, ports), f"http://127.0.0.1:{ports.http}/v2/health/ready"
    )
    triton.start()
    assert [2.0, 4.0] == twice(ports, [1, 2])
    models = psutil.Process(triton.process.pid).children()
    former = shared_memory(state)
    assert models
    assert former

    triton.kill()
    _, alive = psutil.wait_procs(models, timeout=PATIENCE_S)
    assert not alive
    triton.start()

    assert [6.0] == twice(ports, [3])
    assert not former & shared_memory(state)


@pytest.mark.slow
def test_old_connections_end_and_no_call_fails_by_it(server, repository, tmp_path):
    """So callers look for other Tritons behind the name again."""
    state, ports = tmp_path / "state", TritonPorts(*free_ports(3))
    command = [*triton_command(repository, state, ports), "--connection-age-max-ms", "200"]
    triton = server(command, f"http://127.0.0.1:{ports.http}/v2/health/ready")
    triton.start()
    tensor = InferInput("X", [1], "FP32")
    tensor.set_data_from_numpy(np.array([2], np.float32))

    connections, end = set(), time.monotonic() + PATIENCE_S
    with InferenceServerClient(f"127.0.0.1:{ports.grpc}") as client:
        while len(connections) < 3 and time.monotonic() < end:
            assert [4.0] == client.infer("twice", [tensor], client_timeout=10).as_numpy("Y").tolist()
            here = psutil.Process().net_connections("tcp")
            connections |= {each.laddr for each in here if each.raddr and each.raddr[1] == ports.grpc}

    assert len(connections) >= 3


@pytest.mark.slow
def test_a_triton_that_is_told_to_stop_does(server, repository, tmp_path):
    """SIGTERM ends it, its models' processes and its shared memory within seconds."""
    state, ports = tmp_path / "state", TritonPorts(*free_ports(3))
    triton = server(
        triton_command(repository, state, ports), f"http://127.0.0.1:{ports.http}/v2/health/ready"
    )
    triton.start()
    models = psutil.Process(triton.process.pid).children()

    start = time.monotonic()
    triton.process.terminate()
    triton.process.wait(PATIENCE_S)
    _, alive = psutil.wait_procs(models, timeout=PATIENCE_S)

    assert not alive
    assert time.monotonic() - start < PATIENCE_S
    assert set() == shared_memory(state)
