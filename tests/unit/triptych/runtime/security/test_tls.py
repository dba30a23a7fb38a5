"""Who gets in through TLS, and who does not."""

import asyncio
from dataclasses import replace

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.certificates import take_over
from tests.knocking import NAME, knock
from triptych.runtime.channels import open_channel
from triptych.runtime.security.tls import PLAIN, TlsFiles, read
from triptych.runtime.settings import ServerSettings
from triptych.vocabulary.errors import Unavailable


class TestWhoGetsIn:
    async def test_a_client_of_the_same_ca_does(self, mutual, authority):
        """Certificates are checked on both sides."""
        door, _ = mutual

        assert "OK" == await door.knock(authority.issue("gateway"))

    async def test_a_client_without_certificate_does_not(self, mutual, authority):
        """It trusts the server, but shows nothing."""
        door, _ = mutual

        assert "UNAVAILABLE" == await door.knock(TlsFiles(ca=authority.ca))

    async def test_a_plain_client_does_not(self, mutual, authority):
        """What it says is no TLS; the room goes on."""
        door, _ = mutual

        assert "UNAVAILABLE" == await door.knock(PLAIN)
        assert "OK" == await door.knock(authority.issue("gateway"))

    async def test_an_expired_certificate_does_not(self, mutual, authority):
        """It was good until yesterday."""
        door, _ = mutual

        assert "UNAVAILABLE" == await door.knock(authority.issue("gateway", expired=True))

    async def test_a_certificate_of_another_ca_does_not(self, mutual, authority, stranger):
        """The name is right, who says so is not."""
        door, _ = mutual

        assert "UNAVAILABLE" == await door.knock(replace(stranger.issue("gateway"), ca=authority.ca))

    @pytest.mark.parametrize(("name", "wanted"), [("gateway", "OK"), ("ranker", "PERMISSION_DENIED")])
    async def test_names_can_be_asked_for(self, open_room, authority, name, wanted):
        """Of the suite's certificates only those of the callers named are let in."""
        server = authority.issue("127.0.0.1", file="server")
        door = await open_room(
            tls_cert=server.cert, tls_key=server.key, tls_client_ca=server.ca, tls_callers=("gateway", "bulk")
        )

        assert wanted == await door.knock(authority.issue(name))


class TestWhoIsCalled:
    @pytest.mark.parametrize("kind", ["another name", "another CA", "expired"])
    async def test_a_server_with_a_wrong_certificate_is_not_called(
        self, open_room, authority, stranger, kind
    ):
        """Nothing is sent to whoever took an address."""
        shown = {
            "another name": lambda: authority.issue("elsewhere.example"),
            "another CA": lambda: stranger.issue("127.0.0.1"),
            "expired": lambda: authority.issue("127.0.0.1", expired=True),
        }[kind]()
        door = await open_room(tls_cert=shown.cert, tls_key=shown.key)

        assert "UNAVAILABLE" == await door.knock(TlsFiles(ca=authority.ca))

    async def test_a_plain_server_is_not_called(self, open_room, authority):
        """A caller that was told of a CA never falls back to plain text."""
        door = await open_room()

        assert "UNAVAILABLE" == await door.knock(TlsFiles(ca=authority.ca))


class TestReload:
    async def test_a_stream_lives_on_while_certificates_are_replaced(self, open_room, authority, stranger):
        """What is open stays open; whoever comes after is shown, and asked for, the new ones."""
        server, old = authority.issue("127.0.0.1", file="server"), authority.issue("gateway")
        new = stranger.issue("gateway")
        kept = replace(old, ca=str(server.ca))
        gone = asyncio.Event()

        async def check():
            if gone.is_set():
                raise Unavailable.because_of("triton")

        door = await open_room(check, tls_cert=server.cert, tls_key=server.key, tls_client_ca=server.ca)
        async with open_channel(door.address, kept) as channel:
            request = health_pb2.HealthCheckRequest(service=NAME)
            watch = health_pb2_grpc.HealthStub(channel).Watch(request)
            while (await watch.read()).status != health_pb2.HealthCheckResponse.SERVING:
                pass
            take_over(server, stranger.issue("127.0.0.1", file="server"))

            assert "OK" == await door.knock(new)
            assert "UNAVAILABLE" == await door.knock(authority.issue("late"))
            gone.set()
            assert health_pb2.HealthCheckResponse.NOT_SERVING == (await watch.read()).status

    async def test_a_channel_goes_on_with_new_files(self, open_room, authority, stranger, free_port):
        """Another CA for client and server; once the connection of before is lost, only the new certificates are good."""
        server = authority.issue("127.0.0.1", file="server")
        told = {"tls_cert": server.cert, "tls_key": server.key, "tls_client_ca": server.ca, "port": free_port}
        client = stranger.issue("gateway")  # of the CA to come; what follows makes it one of now
        kept = replace(client, cert=f"{client.cert}.now", key=f"{client.key}.now", ca=f"{client.ca}.now")
        take_over(kept, authority.issue("gateway"))
        door = await open_room(**told)
        async with open_channel(door.address, kept) as channel:
            before = await knock(channel)
            await door.close()
            take_over(server, stranger.issue("127.0.0.1", file="other-server"))
            take_over(kept, client)
            await open_room(**told)

            assert ("OK", "OK") == (before, await knock(channel, wait_for_ready=True))

    async def test_half_a_renewal_is_waited_for(self, mutual, authority):
        """A new certificate beside the old key is not used; the old pair serves on, and the new one once it is whole."""
        door, server = mutual
        fresh = authority.issue("127.0.0.1", file="fresh")
        client = authority.issue("gateway")
        take_over(replace(server, key=fresh.key), fresh)  # the certificate alone

        assert "OK" == await door.knock(client)
        with pytest.raises(OSError, match="its own plain key"):
            read(server)
        take_over(server, fresh)
        assert "OK" == await door.knock(client)


class TestSettings:
    @pytest.mark.parametrize(
        "told",
        [
            {"tls_cert": "a.pem"},
            {"tls_key": "a.key"},
            {"tls_client_ca": "ca.pem"},
            {"probe_port": 1},
            {"tls_cert": "a.pem", "tls_key": "a.key", "tls_callers": ("gateway",)},
        ],
        ids=str,
    )
    def test_half_of_tls_is_refused(self, told):
        """A room never serves without the protection that somebody believed to have set."""
        with pytest.raises(ValueError, match="tls"):
            ServerSettings(**told)

    async def test_files_that_are_missing_or_wrong_stop_the_start(self, open_room, authority, stranger):
        """They are named."""
        ours, theirs = authority.issue("127.0.0.1"), stranger.issue("127.0.0.1")

        with pytest.raises(OSError, match=r"missing\.pem"):
            await open_room(tls_cert="missing.pem", tls_key=ours.key)
        with pytest.raises(OSError, match="its own plain key"):
            await open_room(tls_cert=ours.cert, tls_key=theirs.key)
        with pytest.raises(OSError, match=r"ca\.pem"):
            await open_room(
                tls_cert=ours.cert, tls_key=ours.key, tls_client_ca=ours.key.replace("key", "ca.pem")
            )


async def test_probes_are_answered_without_tls_and_nothing_else_is(open_room, authority, free_port):
    """Kubelet's gRPC probe cannot speak TLS."""
    server = authority.issue("127.0.0.1", file="server")
    await open_room(tls_cert=server.cert, tls_key=server.key, tls_client_ca=server.ca, probe_port=free_port)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{free_port}") as channel:
        request = health_pb2.HealthCheckRequest(service="liveness")
        alive = await health_pb2_grpc.HealthStub(channel).Check(request)

        assert health_pb2.HealthCheckResponse.SERVING == alive.status
        assert "UNIMPLEMENTED" == await knock(channel)
