"""What security costs: the gate by kind of caller, and TLS, each on a request that does nothing else.

python -m bench.access
"""

import asyncio
import datetime as dt
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import trustme
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from bench.reporting import keep, parser, show
from gateway.adapters.audit import AuditLog
from gateway.adapters.credentials import Anybody, KeysAndTokens
from gateway.adapters.jwt_tokens import JwtTokens, Trust
from gateway.adapters.key_file import DefaultLimits, KeyFile
from gateway.core.access.limits import Limits
from gateway.core.access.ports import Credentials
from gateway.service.gate import AccessGate
from triptych import keyring
from triptych.internal.v1 import ranker_service_pb2 as pb
from triptych.internal.v1 import ranker_service_pb2_grpc as pb_grpc
from triptych.runtime import logs
from triptych.runtime.channels import open_channel
from triptych.runtime.security.tls import PLAIN, TlsFiles
from triptych.runtime.serve import Room, Service, serving
from triptych.runtime.settings import ServerSettings
from triptych.v1 import catalog_service_pb2, types_pb2

METHOD = "/triptych.v1.CatalogService/GetProduct"
CALLS = 2_000
SIGNERS: dict[str, Callable[[], Any]] = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}
LIMITS = DefaultLimits(requests_per_second=1e6, requests_at_once=100)


async def gate_us(credentials: Credentials, sent: str) -> float:
    """Return the median microseconds that a call spends in the gate."""
    gate = AccessGate(credentials, Limits(), AuditLog(None))
    request = catalog_service_pb2.GetProductRequest(catalog="shop", id="p")
    context: Any = SimpleNamespace(peer=lambda: "ipv4:127.0.0.1:1")

    async def behaviour(_request: Any, _context: Any) -> None:
        """Nothing."""

    guarded, took = gate.guard(METHOD, behaviour), []
    for _ in range(CALLS):
        started = time.perf_counter()
        gate.admit(METHOD, {"authorization": f"Bearer {sent}"})
        await guarded(request, context)
        took.append(time.perf_counter() - started)
    return statistics.median(took) * 1e6


def key_in(folder: Path, keys: int = 1000) -> tuple[Credentials, str]:
    """Return a file of *keys* keys, and one of them."""
    made = []
    for _ in range(keys):
        key_id, key = keyring.new_key()
        now = dt.datetime.now(dt.UTC)
        made.append(
            keyring.Key(
                id=key_id,
                name="a",
                sha256=keyring.digest(key),
                roles=("search",),
                catalogs=("shop",),
                created=now,
            )
        )
    path = folder / "keys.json"
    path.write_text(keyring.Keyring(keys=tuple(made)).model_dump_json())
    return KeysAndTokens(KeyFile(path, LIMITS), None), key


def token_in(folder: Path, algorithm: str) -> tuple[Credentials, str]:
    """Return what reads tokens of *algorithm*, and one of them."""
    private = SIGNERS[algorithm]()
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(private.public_key(), as_dict=True)
    path = folder / "jwks.json"
    path.write_text(json.dumps({"keys": [{**public, "kid": "a", "alg": algorithm}]}))
    claims = {
        "iss": "i", "aud": "a", "sub": "s", "exp": time.time() + 3600, "roles": ["search"], "catalogs": ["shop"]
    }  # fmt: skip
    token = jwt.encode(claims, private, algorithm, headers={"kid": "a"})
    return KeysAndTokens(None, JwtTokens(Trust(path, (algorithm,), "i", "a"), LIMITS)), token


class Ranker(pb_grpc.RankerServiceServicer):
    """Answers with nothing."""

    async def Rank(self, request: pb.RankRequest, context: Any) -> pb.RankResponse:  # noqa: ARG002, N802
        """Answer."""
        return pb.RankResponse()

    async def ListStrategies(  # noqa: N802
        self,
        request: pb.ListStrategiesRequest,  # noqa: ARG002
        context: Any,  # noqa: ARG002
    ) -> pb.ListStrategiesResponse:
        """Answer."""
        return pb.ListStrategiesResponse()


async def nothing() -> None:
    """Nothing is needed."""


async def rpc_us(server: TlsFiles, client: TlsFiles) -> tuple[float, float]:
    """Return the median microseconds of a call on an open connection, and of one that connects first."""
    service = Service(
        "triptych.internal.v1.RankerService", pb_grpc.add_RankerServiceServicer_to_server, Ranker()
    )
    settings = ServerSettings(
        drain_ms=0, tls_cert=server.cert, tls_key=server.key, tls_client_ca=server.ca, log_level="error"
    )
    request = pb.RankRequest(
        strategy=types_pb2.RANKING_STRATEGY_SIMILARITY, limit=1, candidates=[pb.Candidate(id="a", score=1)]
    )
    async with serving(Room("bench", (service,), nothing, nothing), settings) as running:
        warm = await timed(running.address, client, request, CALLS)
        cold = [await timed(running.address, client, request, 1) for _ in range(50)]
    return statistics.median(warm) * 1e6, statistics.median(each[0] for each in cold) * 1e6


async def timed(address: str, tls: TlsFiles, request: pb.RankRequest, calls: int) -> list[float]:
    """Return the seconds of *calls* calls on a connection of their own, the first left out when there are others."""
    took = []
    own = (("grpc.use_local_subchannel_pool", 1),)
    async with open_channel(address, tls, own) as channel:
        rank = pb_grpc.RankerServiceStub(channel).Rank
        for _ in range(calls):
            started = time.perf_counter()
            await rank(request, wait_for_ready=True)
            took.append(time.perf_counter() - started)
    return took[1:] or took


def certificates(folder: Path) -> tuple[TlsFiles, TlsFiles]:
    """Return what server and client show."""
    authority, made = trustme.CA(), []
    ca = folder / "ca.pem"
    authority.cert_pem.write_to_path(str(ca))
    for name in ("127.0.0.1", "gateway"):
        issued = authority.issue_cert(name)
        cert, key = folder / f"{name}.pem", folder / f"{name}.key"
        issued.private_key_pem.write_to_path(str(key))
        cert.write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
        made.append(TlsFiles(str(cert), str(key), str(ca)))
    return made[0], made[1]


async def figures() -> list[dict[str, object]]:
    """Return the rows of the table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        rows = [("gate: anybody", await gate_us(Anybody(LIMITS), ""))]
        rows.append(("gate: a key of a thousand", await gate_us(*key_in(folder))))
        rows += [(f"gate: a token by {each}", await gate_us(*token_in(folder, each))) for each in SIGNERS]
        server, client = certificates(folder)
        for name, files in (("plain", (PLAIN, PLAIN)), ("mutual TLS", (server, client))):
            warm, cold = await rpc_us(*files)
            rows += [(f"call, {name}", warm), (f"call, {name}, with its connection", cold)]
    return [{"what": name, "p50_us": round(value)} for name, value in rows]


def main() -> None:
    """Run as the usage at the head says."""
    parser(__doc__).parse_args()
    logs.configure("bench", "error")
    rows = asyncio.run(figures())
    show(rows, "What security costs, medians")
    keep(rows, Path("bench/out/access.json"))


if __name__ == "__main__":
    main()
