"""Commands and clients that reach a gateway behind TLS, with a key."""

from concurrent import futures
from pathlib import Path

import grpc
import pytest
from typer.testing import CliRunner

from tests.certificates import Authority
from triptych.cli.main import app
from triptych.client import Client, TriptychClientError
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import catalog_service_pb2_grpc as pb_grpc
from triptych.v1 import types_pb2

KEY = "tk_0123456789ab_" + "x" * 43


class Asking(pb_grpc.CatalogServiceServicer):
    """Answers who brings the key."""

    def GetProduct(self, request, context):
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {KEY}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
        return pb.GetProductResponse(product={"id": request.id})

    def IngestProducts(self, messages, context):
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {KEY}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no")
        yield pb.IngestProductsResponse(started={"window": 10})
        for message in messages:
            for each in message.items.items:
                yield pb.IngestProductsResponse(acks={"acks": [{"sequence": each.sequence}], "window": 10})
        yield pb.IngestProductsResponse(finished={})


@pytest.fixture
def authority(tmp_path):
    """Who issues certificates."""
    return Authority(tmp_path)


@pytest.fixture
def address(authority):
    """Of a gateway that asks for certificates and a key."""
    files = authority.issue("127.0.0.1", file="server")
    pair = Path(files.key).read_bytes(), Path(files.cert).read_bytes()
    server = grpc.server(futures.ThreadPoolExecutor(4))
    pb_grpc.add_CatalogServiceServicer_to_server(Asking(), server)
    credentials = grpc.ssl_server_credentials([pair], Path(files.ca).read_bytes(), require_client_auth=True)
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None).wait()


def test_a_client_brings_its_certificate_and_key(address, authority):
    """On single calls and on streams."""
    mine = authority.issue("backend")
    with Client(address, api_key=KEY, tls_ca=mine.ca, tls_cert=mine.cert, tls_key=mine.key) as client:
        assert "p" == client.get("p").id
        assert [1] == [each.sequence for each in client.ingest([types_pb2.Product(id="p")])]


def test_without_the_key_it_is_told_so(address, authority):
    """As any refusal."""
    mine = authority.issue("backend")
    with (
        Client(address, tls_ca=mine.ca, tls_cert=mine.cert, tls_key=mine.key) as client,
        pytest.raises(TriptychClientError) as caught,
    ):
        client.get("p")

    assert grpc.StatusCode.UNAUTHENTICATED == caught.value.code


@pytest.mark.parametrize("way", ["file", "environment"])
def test_commands_do_too(address, authority, tmp_path, way):
    """What is secret comes from a file or the environment, never from an argument."""
    mine = authority.issue("person")
    file = tmp_path / "key"
    file.write_text(KEY + "\n")
    tls = ["--tls-ca", mine.ca, "--tls-cert", mine.cert, "--tls-key", mine.key]
    more = ["--api-key-file", str(file)] if way == "file" else []
    environment = {"TRIPTYCH_API_KEY": KEY} if way == "environment" else {}

    done = CliRunner().invoke(app, [*tls, *more, "get", "p", "--address", address], env=environment)

    assert (0, True) == (done.exit_code, "p" in done.output), done.output


def test_a_file_that_is_missing_is_named():
    """In one line."""
    done = CliRunner().invoke(app, ["--api-key-file", "missing.key", "get", "p"])

    assert (2, True) == (done.exit_code, "missing.key" in done.output), done.output
