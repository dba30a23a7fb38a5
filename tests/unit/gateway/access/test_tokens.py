"""Tokens (JWT): who signed them, for whom, until when, and by which algorithm."""

import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from gateway.adapters.jwt_tokens import JwtTokens, Trust
from gateway.adapters.key_file import DefaultLimits
from gateway.settings import GatewaySettings
from triptych.v1 import catalog_service_pb2 as pb
from triptych.vocabulary.errors import Reason, Unauthenticated

RPC = "CatalogService/GetProduct"
REQUEST = pb.GetProductRequest(catalog="mine", id="p")
ISSUER, AUDIENCE = "https://login.example", "triptych"
SECRET = "a secret of the issuer, of 32 bytes or more"
MAKERS = {
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
}


@pytest.fixture(scope="session")
def signers():
    """A private key of each kind."""
    return {algorithm: make() for algorithm, make in MAKERS.items()}


@pytest.fixture
def jwks(tmp_path, signers):
    """The file of their public keys."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps({"keys": [jwk(algorithm, key) for algorithm, key in signers.items()]}))
    return path


def jwk(algorithm: str, key) -> dict:
    made = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return {**made, "kid": algorithm, "alg": algorithm, "use": "sig"}


@pytest.fixture
async def trusting(start, jwks):
    """A gateway that trusts the issuer."""
    return await start(jwt_keys_file=str(jwks), jwt_issuer=ISSUER, jwt_audience=AUDIENCE)


def claims(**more) -> dict:
    now = time.time()
    good = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "feed",
        "iat": now,
        "exp": now + 300,
        "roles": ["search", "of-another-system"],
        "catalogs": ["mine"],
    }
    return {name: value for name, value in {**good, **more}.items() if value is not None}


def signed(signers, algorithm: str = "ES256", kid: str | None = None, **more) -> str:
    return jwt.encode(claims(**more), signers[algorithm], algorithm, headers={"kid": kid or algorithm})


@pytest.mark.parametrize("algorithm", MAKERS)
async def test_a_token_of_the_issuer_is_accepted(trusting, signers, algorithm):
    """By each algorithm of the settings."""
    assert "PASSED" == await trusting.ask(RPC, REQUEST, signed(signers, algorithm))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exp": time.time() - 3600}, "CREDENTIALS_EXPIRED"),
        ({"nbf": time.time() + 3600}, "CREDENTIALS_INVALID"),
        ({"iat": time.time() + 3600}, "CREDENTIALS_INVALID"),
        ({"iss": "https://evil.example"}, "CREDENTIALS_INVALID"),
        ({"aud": "another"}, "CREDENTIALS_INVALID"),
        ({"aud": ["another", AUDIENCE]}, "PASSED"),
        ({"exp": None}, "CREDENTIALS_INVALID"),
        ({"aud": None}, "CREDENTIALS_INVALID"),
        ({"iss": None}, "CREDENTIALS_INVALID"),
        ({"sub": None}, "CREDENTIALS_INVALID"),
        ({"roles": None}, "ROLE_MISSING"),
        ({"roles": ["of-another-system"]}, "ROLE_MISSING"),
        ({"roles": "search write"}, "PASSED"),
        ({"roles": 7}, "ROLE_MISSING"),
        ({"catalogs": None}, "CATALOG_NOT_ALLOWED"),
        ({"catalogs": ["theirs"]}, "CATALOG_NOT_ALLOWED"),
        ({"catalogs": ["*"]}, "PASSED"),
        # Clocks are never quite the same.
        ({"exp": time.time() - 5}, "PASSED"),
        ({"nbf": time.time() + 5}, "PASSED"),
    ],
    ids=str,
)
async def test_claims(trusting, signers, change, reason):
    """Times, issuer, audience, roles and catalogues are what they must be."""
    now = time.time()
    # Of the moment, not of the collection of tests.
    change = {
        name: now + (5 if value > now else -5)
        if name in {"exp", "nbf"} and value and abs(value - now) < 1800
        else value
        for name, value in change.items()
    }

    assert reason == await trusting.ask(RPC, REQUEST, signed(signers, **change))


async def test_another_signature_is_refused(trusting, signers):
    """The right claims, signed by somebody else's key under our key's id."""
    stranger = {**signers, "ES256": MAKERS["ES256"]()}

    assert "CREDENTIALS_INVALID" == await trusting.ask(RPC, REQUEST, signed(stranger))
    assert "CREDENTIALS_INVALID" == await trusting.ask(RPC, REQUEST, signed(signers, kid="unknown"))
    changed = signed(signers)
    assert "CREDENTIALS_INVALID" == await trusting.ask(RPC, REQUEST, changed[:-4] + "AAAA")


async def test_no_algorithm_is_none(trusting):
    """A token without signature is no token."""
    for headers in ({"kid": "ES256"}, {}):
        token = jwt.encode(claims(), None, "none", headers=headers)
        assert "CREDENTIALS_INVALID" == await trusting.ask(RPC, REQUEST, token)


async def test_a_public_key_is_no_secret(trusting, signers):
    """HS256 with the public key as its secret: what the token says of its algorithm chooses nothing."""
    public = signers["RS256"].public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # By hand: the library refuses to make such a token.
    head = base64url_encode(json.dumps({"alg": "HS256", "kid": "RS256"}).encode())
    signing = head + b"." + base64url_encode(json.dumps(claims()).encode())
    token = (signing + b"." + base64url_encode(hmac.digest(public, signing, "sha256"))).decode()
    crossed = jwt.encode(claims(), signers["ES256"], "ES256", headers={"kid": "RS256"})

    assert "CREDENTIALS_INVALID" == await trusting.ask(RPC, REQUEST, token)
    assert "CREDENTIALS_INVALID" == await trusting.ask(RPC, REQUEST, crossed)


async def test_keys_of_the_issuer_are_renewed(trusting, jwks):
    """The file is looked at with every call."""
    fresh = {"ES256": MAKERS["ES256"]()}
    token = signed(fresh, kid="next")
    before = await trusting.ask(RPC, REQUEST, token)
    jwks.write_text(json.dumps({"keys": [{**jwk("ES256", fresh["ES256"]), "kid": "next"}]}))

    assert ("CREDENTIALS_INVALID", "PASSED") == (before, await trusting.ask(RPC, REQUEST, token))


async def test_a_secret_can_be_shared_instead(start, tmp_path):
    """HS256, from a file, alone."""
    path = tmp_path / "secret"
    path.write_text(SECRET + "\n")
    gateway = await start(
        jwt_keys_file=str(path), jwt_algorithms=("HS256",), jwt_issuer=ISSUER, jwt_audience=AUDIENCE
    )

    right, wrong = (jwt.encode(claims(), each, "HS256") for each in (SECRET, SECRET[::-1]))

    assert ["PASSED", "CREDENTIALS_INVALID"] == [
        await gateway.ask(RPC, REQUEST, each) for each in (right, wrong)
    ]


async def test_keys_and_tokens_side_by_side(start, keys, jwks, signers):
    """People come with tokens, programs with keys."""
    gateway = await start(
        keys_file=str(keys.path), jwt_keys_file=str(jwks), jwt_issuer=ISSUER, jwt_audience=AUDIENCE
    )

    assert ["PASSED", "PASSED"] == [
        await gateway.ask(RPC, REQUEST, each) for each in (keys.make(), signed(signers))
    ]


def encoded(data: bytes) -> bytes:
    return base64url_encode(data)


@pytest.fixture(scope="session")
def tokens(tmp_path_factory, signers):
    """What reads tokens."""
    path = tmp_path_factory.mktemp("jwks") / "jwks.json"
    path.write_text(json.dumps({"keys": [jwk(algorithm, key) for algorithm, key in signers.items()]}))
    return JwtTokens(Trust(path, tuple(MAKERS), ISSUER, AUDIENCE), DefaultLimits())


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\xff",
        b"[]",
        b"7",
        b"[" * 100_000,
        b'{"alg":"ES256","kid":7}',
        b'{"alg":"ES256","kid":["ES256"]}',
        b'{"alg":["ES256"],"kid":"ES256"}',
        b'{"alg":null,"kid":"ES256"}',
        b'{"alg":"ES256","kid":"ES256","crit":["x"]}',
        b'{"alg":"ES256","kid":"ES256","b64":false}',
        b'{"alg":"ES256","kid":"ES256","zip":"DEF"}',
    ],
    ids=lambda header: header[:40].decode(errors="replace"),
)
@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"[" * 100_000, b'{"exp":1e999}'], ids=lambda each: each[:20].decode()
)
def test_whatever_is_sent_is_refused_in_the_same_words(tokens, header, payload):
    """No header and no payload breaks anything."""
    for signature in (b"", b"x" * 64):
        sent = b".".join(map(encoded, (header, payload, signature))).decode()
        with pytest.raises(Unauthenticated) as caught:
            tokens.caller(sent)
        assert Reason.CREDENTIALS_INVALID is caught.value.reason


@given(
    sent=st.one_of(st.text(max_size=300), st.binary(max_size=200).map(lambda data: encoded(data).decode()))
)
def test_no_text_is_a_token(tokens, sent):
    """Whatever it is."""
    for shaped in (sent, f"{sent}.{sent}.{sent}", f"{encoded(b'{}').decode()}.{sent}.{sent}"):
        with pytest.raises(Unauthenticated):
            tokens.caller(shaped)


class TestSettings:
    @pytest.mark.parametrize(
        ("told", "why"),
        [
            ({"host": "0.0.0.0"}, "keys_file or jwt_keys_file"),
            ({"host": "10.1.2.3"}, "keys_file or jwt_keys_file"),
            ({"host": "::"}, "keys_file or jwt_keys_file"),
            ({"host": "gateway.example"}, "keys_file or jwt_keys_file"),
            ({"keys_file": "keys.json", "anonymous": True}, "contradict"),
            ({"jwt_keys_file": "a.json"}, "jwt_issuer and jwt_audience"),
            ({"jwt_keys_file": "a.json", "jwt_issuer": "a"}, "jwt_issuer and jwt_audience"),
            ({"jwt_algorithms": ("HS256", "RS256")}, "HS256 alone"),
            ({"jwt_algorithms": ("none",)}, "jwt_algorithms"),
        ],
        ids=str,
    )
    def test_what_would_let_strangers_in_is_refused(self, told, why):
        """A gateway that others can reach asks who they are, unless somebody says in so many words that it need not."""
        with pytest.raises(ValueError, match=why):
            GatewaySettings(**told)

    @pytest.mark.parametrize(
        "told",
        [{}, {"host": "localhost"}, {"host": "::1"}, {"host": "0.0.0.0", "anonymous": True}],
        ids=str,
    )
    def test_alone_on_a_machine_nobody_is_asked(self, told):
        """The local suite works as it is."""
        assert not GatewaySettings(**told).asks_for_credentials

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            ("{}", "no set of keys"),
            ("x", "no set of keys"),
            ('{"keys": []}', "no set of keys"),
            ("null", "no set"),
        ],
    )
    async def test_a_file_without_keys_stops_the_start(self, start, tmp_path, content, why):
        """With its name."""
        path = tmp_path / "jwks.json"
        path.write_text(content)

        with pytest.raises(OSError, match=why):
            await start(jwt_keys_file=str(path), jwt_issuer=ISSUER, jwt_audience=AUDIENCE)

    async def test_a_short_secret_stops_the_start(self, start, tmp_path):
        """It can be guessed."""
        path = tmp_path / "secret"
        path.write_text("hunter2")

        with pytest.raises(OSError, match="guessed"):
            await start(
                jwt_keys_file=str(path), jwt_algorithms=("HS256",), jwt_issuer=ISSUER, jwt_audience=AUDIENCE
            )
