import base64
import http.server
import json
import threading

import pytest

from triptych.local.ports import free_port
from triptych.local.sessions import end_former_sessions, former_leases

SESSIONS = [
    {"ServerName": "rootcoord", "Address": "127.0.0.1:5001", "LeaseID": 11},
    {"ServerName": "proxy", "Address": "127.0.0.1:5002", "LeaseID": 12},
    {"ServerName": "rootcoord", "Address": "127.0.0.1:4001", "LeaseID": 7},
]


class Etcd(http.server.BaseHTTPRequestHandler):
    """The two calls of etcd's JSON interface that are used."""

    revoked: list[str]

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer = {}
        if self.path == "/v3/lease/revoke":
            self.revoked.append(request["ID"])
        else:
            values = [json.dumps(session).encode() for session in SESSIONS] + [b"5"]  # a counter
            answer = {"kvs": [{"value": base64.b64encode(value).decode()} for value in values]}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *arguments):
        pass


@pytest.fixture
def etcd():
    """Address of an etcd, and the leases that were revoked in it."""
    handler = type("Handler", (Etcd,), {"revoked": []})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler.revoked
        server.shutdown()


def test_former_are_those_at_other_addresses():
    """A session at a port that was not given out this time belongs to the dead."""
    assert {"7"} == former_leases(SESSIONS, {5001, 5002, 5003})


def test_former_sessions_are_ended(etcd):
    """Only leases of the former life are revoked."""
    url, revoked = etcd

    assert 1 == end_former_sessions(url, {5001, 5002})
    assert ["7"] == revoked


def test_an_etcd_that_never_answers_is_given_up():
    """Milvus then waits for the leases itself."""
    assert 0 == end_former_sessions(f"http://127.0.0.1:{free_port()}", {5001}, patience_s=0.2)
