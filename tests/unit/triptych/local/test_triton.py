import fcntl
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

from triptych.local.triton import (
    TritonPorts,
    assemble_backend,
    environment,
    remove_shared_memory,
    server_options,
    shared_memory_prefix,
    triton_command,
    triton_folder,
)


def test_the_command_names_folders_and_ports(tmp_path):
    """What is asked for stands on the command line."""
    command = triton_command(tmp_path / "models", tmp_path, TritonPorts(grpc=1, http=2, metrics=3))

    folders = ["--model-repository", str(tmp_path / "models"), "--state", str(tmp_path)]
    assert [*folders, "--grpc-port", "1", "--http-port", "2", "--metrics-port", "3"] == command[3:]


def test_every_listener_is_on_the_loopback(tmp_path):
    """Nobody on the network reaches a local Triton."""
    options = server_options(tmp_path, tmp_path, "prefix_", TritonPorts())

    for kind in ("grpc", "http", "metrics"):
        assert f"--{kind}-address=127.0.0.1" in options


def test_two_suites_have_shared_memory_of_their_own(tmp_path):
    """The names differ by the folder, and stay the same for one."""
    one, other = shared_memory_prefix(tmp_path / "one"), shared_memory_prefix(tmp_path / "other")

    assert one != other
    assert one == shared_memory_prefix(tmp_path / "one")


def test_only_own_shared_memory_is_removed(tmp_path):
    """What others left is not ours to remove."""
    mine, other = tmp_path / "triptych_a_1", tmp_path / "triptych_b_1"
    mine.touch()
    other.touch()

    remove_shared_memory("triptych_a_", tmp_path)

    assert [other] == list(tmp_path.iterdir())


def test_the_backend_is_whole(tmp_path):
    """The library, its utilities and the stub of this interpreter lie together, also after a second time."""
    assemble_backend(triton_folder(), tmp_path)
    backend = assemble_backend(triton_folder(), tmp_path) / "python"

    names = {"libtriton_python.so", "triton_python_backend_utils.py", "triton_python_backend_stub"}
    assert names == {path.name for path in backend.iterdir()}
    assert all(path.is_file() for path in backend.iterdir())


def test_the_models_program_can_be_executed(tmp_path):
    """The wheel's cannot, and a server that does not own it may not change that."""
    stub = assemble_backend(triton_folder(), tmp_path) / "python" / "triton_python_backend_stub"

    assert not stub.is_symlink()
    assert os.access(stub, os.X_OK)


def test_the_interpreter_of_this_environment_comes_first():
    """The models run with this environment's libpython and its packages."""
    given = environment(triton_folder(), {"PATH": "/bin", "LD_LIBRARY_PATH": "/lib", "HOME": "/home"})

    assert str(sysconfig.get_config_var("LIBDIR")) == given["LD_LIBRARY_PATH"].split(os.pathsep)[0]
    assert "/lib" == given["LD_LIBRARY_PATH"].split(os.pathsep)[-1]
    assert [str(Path(sys.executable).parent), "/bin"] == given["PATH"].split(os.pathsep)
    assert "/home" == given["HOME"]


def test_a_second_triton_on_one_folder_is_refused(tmp_path):
    """Two servers never share a state folder: the second says so and ends."""
    code = (
        "import sys, pathlib, triptych.local.triton as triton; triton.LOCK_TIMEOUT_S = 0.2; "
        "triton.lock(pathlib.Path(sys.argv[1])); print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert "locked\n" == first.stdout.readline()

        second = subprocess.run(command, input="", capture_output=True, text=True, check=False)

        first.stdin.close()
    assert f"another Triton runs on {tmp_path}\n" == second.stderr
    assert 1 == second.returncode


def test_a_model_that_outlives_its_triton_for_ever_is_ended(tmp_path):
    """It keeps the state locked; the next start ends it, for its parent is no Triton, and takes the lock."""
    stub = tmp_path / "backends" / "python" / "triton_python_backend_stub"
    stub.parent.mkdir(parents=True)
    shutil.copy2(shutil.which("sleep"), stub)
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        orphan = subprocess.Popen([stub, "60"], pass_fds=[held.fileno()])
    script = (
        f"from pathlib import Path; from triptych.local.triton import lock; lock(Path({str(tmp_path)!r}))"
    )

    try:
        done = subprocess.run([sys.executable, "-c", script], timeout=30, check=False)

        assert (0, -signal.SIGKILL) == (done.returncode, orphan.wait(5))
    finally:
        orphan.kill()
        orphan.wait()
