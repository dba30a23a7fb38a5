"""API keys: which are accepted, and what is kept of them."""

import hashlib
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from grpc_status import rpc_status

from triptych import keyring
from triptych.runtime.errors import from_status
from triptych.v1 import catalog_service_pb2 as pb
from triptych.v1 import catalog_service_pb2_grpc as pb_grpc
from triptych.vocabulary.errors import Reason

RPC = "CatalogService/GetProduct"
REQUEST = pb.GetProductRequest(catalog="mine", id="p")


async def test_a_key_is_sent_in_either_of_two_ways(gateway, keys):
    """As HTTP APIs have it."""
    key = keys.make()

    assert "PASSED" == await gateway.ask(RPC, REQUEST, metadata=(("authorization", f"Bearer {key}"),))
    assert "PASSED" == await gateway.ask(RPC, REQUEST, metadata=(("authorization", f"bearer  {key}"),))
    assert "PASSED" == await gateway.ask(RPC, REQUEST, metadata=(("x-api-key", key),))
    assert "CREDENTIALS_MISSING" == await gateway.ask(RPC, REQUEST, metadata=(("authorization", key),))


async def test_a_wrong_secret_is_refused_like_a_wrong_id(gateway, keys):
    """Nobody learns which keys there are."""
    key = keys.make()
    wrong_secret = key[:-1] + ("A" if key[-1] != "A" else "B")
    wrong_id = keyring.new_key()[1]

    answers = {await gateway.ask(RPC, REQUEST, each) for each in (wrong_secret, wrong_id, "tk_", "x" * 4096)}

    assert {"CREDENTIALS_INVALID"} == answers


async def test_keys_come_and_go_while_the_gateway_runs(gateway, keys):
    """The file is looked at with every call."""
    key = keys.make()
    before = await gateway.ask(RPC, REQUEST, key)
    keyring.revoke(keys.path, keyring.id_of(key))
    after = await gateway.ask(RPC, REQUEST, key)

    assert ("PASSED", "CREDENTIALS_INVALID") == (before, after)
    assert "PASSED" == await gateway.ask(RPC, REQUEST, keys.make())


async def test_a_broken_file_changes_nothing(gateway, keys):
    """Whoever edits it by hand and errs does not lock everybody out."""
    key = keys.make()
    assert "PASSED" == await gateway.ask(RPC, REQUEST, key)
    keys.path.write_text('{"keys": [{"id": "half')

    assert "PASSED" == await gateway.ask(RPC, REQUEST, key)


async def test_a_key_ends_when_it_should(gateway, keys):
    """And its owner learns why."""
    now = datetime.now(UTC)

    past = await gateway.ask(RPC, REQUEST, keys.make(expires=now - timedelta(seconds=1)))
    future = await gateway.ask(RPC, REQUEST, keys.make(expires=now + timedelta(hours=1)))

    assert ("CREDENTIALS_EXPIRED", "PASSED") == (past, future)


async def test_a_revoked_key_ends_its_streams(gateway, keys):
    """With the next message that it sends."""
    key = keys.make("write")
    stub = pb_grpc.CatalogServiceStub(gateway.channel)
    stream = stub.IngestProducts(metadata=(("x-api-key", key),))
    await stream.write(pb.IngestProductsRequest(start={"catalog": "mine"}))
    assert (await anext(aiter(stream))).HasField("started")
    keyring.revoke(keys.path, keyring.id_of(key))
    await stream.write(pb.IngestProductsRequest(items={"items": [{"sequence": 1, "product": {"id": "p"}}]}))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        _ = [each async for each in stream]

    assert Reason.CREDENTIALS_INVALID is from_status(rpc_status.from_call(caught.value)).reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [({"roles": ("search",)}, Reason.ROLE_MISSING), ({"catalogs": ("other",)}, Reason.CATALOG_NOT_ALLOWED)],
)
async def test_a_key_that_may_less_by_now_ends_its_streams(gateway, keys, change, reason):
    """With the next message that it sends."""
    key = keys.make("write")
    stream = pb_grpc.CatalogServiceStub(gateway.channel).IngestProducts(metadata=(("x-api-key", key),))
    await stream.write(pb.IngestProductsRequest(start={"catalog": "mine"}))
    assert (await anext(aiter(stream))).HasField("started")
    (known,) = keyring.read(keys.path).keys
    keys.path.write_text(keyring.Keyring(keys=(known.model_copy(update=change),)).model_dump_json())
    await stream.write(pb.IngestProductsRequest(items={"items": [{"sequence": 1, "product": {"id": "p"}}]}))
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        _ = [each async for each in stream]

    assert reason is from_status(rpc_status.from_call(caught.value)).reason


async def test_no_body_is_read_of_who_has_no_key(gateway):
    """A call is refused by its headers: eighty megabytes of a stranger's never arrive."""
    method = gateway.channel.stream_stream(f"/triptych.v1.{RPC}")
    call = method(metadata=(("x-api-key", "tk_wrong"),), timeout=5)
    # Nothing is sent, and the side is not closed.
    assert grpc.StatusCode.UNAUTHENTICATED == await call.code()


class TestFile:
    def test_the_key_itself_is_nowhere_in_it(self, keys):
        """Its digest is."""
        key = keys.make()
        content = keys.path.read_text()

        assert key not in content
        assert key.split("_", 2)[2] not in content
        assert hashlib.sha256(key.encode()).hexdigest() in content

    def test_it_can_be_read_by_its_owner_alone(self, tmp_path, keys):
        """Until somebody says otherwise, which then stays so."""
        new = tmp_path / "new.json"
        made = keyring.read(keys.path)
        keyring._write(new, made)
        first = new.stat().st_mode & 0o777
        new.chmod(0o640)
        keyring._write(new, made)

        assert (0o600, 0o640) == (first, new.stat().st_mode & 0o777)

    @pytest.mark.parametrize(
        "content",
        ["", "[]", '{"keys": [{}]}', '{"keys": [], "other": 1}', '{"version": 2}'],
    )
    def test_what_is_no_file_of_keys_is_refused(self, tmp_path, content):
        """With its name, at the start."""
        path = tmp_path / "keys.json"
        path.write_text(content)

        with pytest.raises(ValueError, match=r"keys\.json is no file of keys"):
            keyring.read(path)

    async def test_a_gateway_does_not_start_without_its_file(self, start, tmp_path):
        """It would let nobody in, or everybody."""
        with pytest.raises(OSError, match=r"missing\.json"):
            await start(keys_file=str(tmp_path / "missing.json"))
        (tmp_path / "broken.json").write_text("{")
        with pytest.raises(OSError, match=r"broken\.json"):
            await start(keys_file=str(tmp_path / "broken.json"))
