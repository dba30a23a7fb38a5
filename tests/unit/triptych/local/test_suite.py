import os
import socket

import pytest

from triptych.local import suite
from triptych.local.suite import PartStatus, SuiteError
from triptych.local.triton import SHARED_MEMORY, shared_memory_prefix


def test_down_without_a_suite_does_nothing(settings):
    """Nothing ran, and that is said."""
    assert not suite.down(settings)


def test_down_clears_what_a_killed_suite_left_in_shared_memory(settings):
    """Nothing of it stays in the machine's memory."""
    leftover = SHARED_MEMORY / f"{shared_memory_prefix(settings.folder / 'triton')}left"
    leftover.touch()

    suite.down(settings)

    assert not leftover.exists()


def test_a_suite_that_is_down_is_not_healthy(settings):
    """Every part is listed, none is up, whoever else may listen on its port."""
    expected = PartStatus("gateway", "DOWN", 0, 0, f"127.0.0.1:{settings.gateway_port}", healthy=False)

    states = suite.status(settings)

    assert expected == states[-1]
    assert not any(state.healthy for state in states)


def test_a_taken_port_is_named_with_who_has_it(settings):
    """The message says which port, which part and which process."""
    with (
        socket.create_server(("127.0.0.1", settings.search_port)),
        pytest.raises(SuiteError, match=f"port {settings.search_port} of search .*pid {os.getpid()}"),
    ):
        suite.up(settings)


def test_a_repository_without_models_is_refused(settings, tmp_path):
    """Before anything is started."""
    with pytest.raises(SuiteError, match=r"cannot be served: .* is no pack: it has no pack\.json"):
        suite.up(settings.model_copy(update={"model_repository": tmp_path}))


def test_watching_ends_when_all_are_ready(settings, monkeypatch):
    """Each look is shown, the last one too."""
    waiting = PartStatus("gateway", "STARTING", 7, 1, "127.0.0.1:1", healthy=False)
    ready = PartStatus("gateway", "RUNNING", 7, 2, "127.0.0.1:1", healthy=True)
    looks = iter([[waiting], [ready]])
    monkeypatch.setattr(suite, "status", lambda _: next(looks))

    assert [[waiting], [ready]] == list(suite.watch(settings, wait_s=60))


@pytest.mark.parametrize(
    ("state", "wait_s", "said"), [("FATAL", 60, "does not start"), ("STARTING", 0, "not ready")]
)
def test_watching_says_whose_log_to_read(settings, monkeypatch, state, wait_s, said):
    """A part that was given up is not waited for."""
    part = PartStatus("triton", state, 0, 0, "127.0.0.1:1", healthy=False)
    monkeypatch.setattr(suite, "status", lambda _: [part])

    with pytest.raises(SuiteError, match=f"triton .*{said}.*triton.log"):
        list(suite.watch(settings, wait_s))
