"""What a page of metrics tells."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from triptych.local.scraped import all_scraped, samples_of, told

ROOM = """# HELP triptych_ready 1 when the room takes requests.
# TYPE triptych_ready gauge
triptych_ready 1.0
# TYPE triptych_build_info gauge
triptych_build_info{version="0.1.0"} 1.0
# TYPE triptych_model_info gauge
triptych_model_info{model="text_encoder",version="1",space="demo-1/text"} 1.0
triptych_model_info{model="describer",version="1",space=""} 1.0
# TYPE triptych_rpc_in_flight gauge
triptych_rpc_in_flight{service="a",method="b"} 2.0
triptych_rpc_in_flight{service="a",method="c"} 1.0
"""
TRITON = """# TYPE nv_inference_pending_request_count gauge
nv_inference_pending_request_count{model="text_encoder",version="1"} 4
nv_inference_pending_request_count{model="fusion",version="1"} 3
"""


@pytest.fixture
def served():
    """Returns what serves a page; that returns its address."""
    pages = [ROOM]

    class Page(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(pages[-1].encode())

        def log_message(self, *_):
            """Say nothing."""

    def serve(text):
        pages.append(text)
        return f"127.0.0.1:{server.server_port}"

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever).start()
        yield serve
        server.shutdown()


def test_a_room_tells_what_it_is_and_does():
    """Ready, its version, its models, its requests."""
    found = told([*samples_of(ROOM)])

    assert (True, "0.1.0", 3, None) == (found.ready, found.version, found.in_flight, found.queued)
    assert ("text_encoder 1 (demo-1/text)", "describer 1 (words)") == found.models


def test_triton_tells_what_waits():
    """And counts as ready, since it shows its page."""
    found = told([*samples_of(TRITON)])

    assert (True, "", None, 7) == (found.ready, found.version, found.in_flight, found.queued)


@pytest.mark.parametrize("text", ["triptych_build_info 1\n", "triptych_rpc_in_flight NaN\n", "<html>\n"])
def test_somebody_else_is_no_part(text, served):
    """A page of another server is as none."""
    assert {"gateway": None} == all_scraped({"gateway": served(text)})


@pytest.mark.parametrize("address", ["[::1:80", "a\x00:80"])
def test_an_address_that_is_none_is_no_part(address):
    """Whatever was typed."""
    assert {"gateway": None} == all_scraped({"gateway": address})


def test_a_room_that_was_never_called_works_on_nothing():
    """It has no series of requests yet."""
    assert 0 == told([*samples_of("triptych_ready 1.0\n")]).in_flight


def test_a_room_that_is_not_ready_says_so():
    """Whatever else it tells."""
    assert not told([*samples_of(ROOM.replace("triptych_ready 1.0", "triptych_ready 0.0"))]).ready


def test_pages_are_asked_for_side_by_side(served):
    """One that nobody shows is none; the clock is compared to the second."""
    found = all_scraped({"search": served(ROOM), "ranker": "127.0.0.1:1"})

    assert found["ranker"] is None
    assert 3 == found["search"].in_flight
    assert abs(found["search"].clock_skew_s) < 5
