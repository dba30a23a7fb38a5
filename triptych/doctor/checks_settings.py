"""Settings that cannot be read, contradict one another, or leave a door open."""

from collections import Counter
from collections.abc import Iterator

from gateway.settings import GatewaySettings
from services.encoder.settings import EncoderSettings
from services.search.settings import SearchSettings
from triptych.doctor.finding import Finding, error, note, warning
from triptych.doctor.world import World
from triptych.runtime.channels import MESSAGE_BYTES_MAX
from triptych.runtime.security.doors import is_loopback


def variable(room: str, name: str) -> str:
    """Return the variable of a setting."""
    return f"TRIPTYCH_{room.upper()}_{name.upper()}"


def unreadable(world: World) -> Iterator[Finding]:
    """A value outside of its bounds, or two that exclude one another."""
    for room, why in world.unreadable.items():
        yield error(room, why, "The room does not start.", "Set what is named, see docs/settings.md.")


def deadlines(world: World) -> Iterator[Finding]:
    """Defaults above the maximum, and rooms that give up before the gateway does."""
    gateway = world.rooms.get("gateway")
    for room, settings in world.rooms.items():
        if settings.deadline_default_ms > settings.deadline_max_ms:
            yield error(
                variable(room, "deadline_default_ms"),
                f"{settings.deadline_default_ms} ms is above the longest deadline, {settings.deadline_max_ms} ms.",
                "Requests without a deadline end sooner than is said here.",
                f"Lower it, or raise {variable(room, 'deadline_max_ms')}.",
            )
        if gateway and settings.deadline_max_ms < gateway.deadline_max_ms:
            yield warning(
                variable(room, "deadline_max_ms"),
                f"{settings.deadline_max_ms} ms is below the gateway's {gateway.deadline_max_ms} ms.",
                f"Requests that the gateway grants more time are ended by the {room} room.",
                "Set both alike, or the gateway's lower.",
            )


def message_sizes(world: World) -> Iterator[Finding]:
    """Rooms that take less than the gateway passes on, and more than their callers send."""
    gateway = world.rooms.get("gateway")
    for room, settings in world.rooms.items():
        if gateway and settings.message_bytes_max < gateway.message_bytes_max:
            yield warning(
                variable(room, "message_bytes_max"),
                f"{settings.message_bytes_max} bytes are less than the gateway's {gateway.message_bytes_max}.",
                "What the gateway takes may be refused behind it, after its picture was sent on.",
                "Set both alike.",
            )
        if room != "gateway" and settings.message_bytes_max > MESSAGE_BYTES_MAX:
            yield note(
                variable(room, "message_bytes_max"),
                f"{settings.message_bytes_max} bytes are more than the {MESSAGE_BYTES_MAX} that a room sends another.",
                "The rest is never used.",
                f"Set {MESSAGE_BYTES_MAX} or less.",
            )


def media_in_a_message(world: World) -> Iterator[Finding]:
    """Pictures and sounds that are allowed, and fit into no message."""
    encoder = world.rooms.get("encoder")
    if isinstance(encoder, EncoderSettings) and encoder.media_bytes_max > encoder.message_bytes_max:
        yield warning(
            variable("encoder", "media_bytes_max"),
            f"{encoder.media_bytes_max} bytes do not fit into a message of {encoder.message_bytes_max}.",
            "Such a file is refused by gRPC, without the field or the reason.",
            f"Lower it, or raise {variable('encoder', 'message_bytes_max')}.",
        )


def time_to_stop(world: World) -> Iterator[Finding]:
    """Rooms that are killed before they have drained."""
    for room, settings in world.rooms.items():
        wanted_s = (settings.drain_ms + settings.grace_ms) / 1e3
        if world.stop_s is not None and wanted_s >= world.stop_s:
            yield error(
                f"{variable(room, 'drain_ms')}, {variable(room, 'grace_ms')}",
                f"Draining and ending take up to {wanted_s:g} s, and the room is killed after {world.stop_s:g} s.",
                "Requests in flight are lost when it is restarted.",
                "Shorten them, or raise terminationGracePeriodSeconds.",
            )


def token_key(world: World) -> Iterator[Finding]:
    """Tokens that end with the process."""
    gateway = world.rooms.get("gateway")
    if isinstance(gateway, GatewaySettings) and not gateway.token_key.get_secret_value():
        yield warning(
            variable("gateway", "token_key"),
            "It is not set.",
            "Tokens of pages and answers end with each restart, and no other replica accepts them.",
            "Set a random secret of at least 32 characters, the same for all replicas.",
        )


def open_doors(world: World) -> Iterator[Finding]:
    """What other machines can reach, and should perhaps not."""
    for room, settings in world.rooms.items():
        if is_loopback(settings.host):
            continue
        if not settings.tls_cert:
            yield warning(
                variable(room, "tls_cert"),
                f"It listens on {settings.host} without TLS.",
                "Whoever is on the way can read and change what is sent.",
                "Set a certificate and its key (docs/security.md), or have a mesh do it.",
            )
        if settings.reflection:
            yield note(
                variable(room, "reflection"),
                f"Whoever reaches {settings.host} is told of all services and messages.",
                "It helps strangers too.",
                "Set it to false where nobody explores.",
            )
        if not settings.metrics_host:
            yield note(
                variable(room, "metrics_host"),
                f"Metrics are shown on {settings.host} to whoever asks.",
                "They name catalogues, versions and load.",
                "Set an address that Prometheus alone reaches, or keep others out by a network policy.",
            )


def anonymous(world: World) -> Iterator[Finding]:
    """A gateway that asks nobody who they are."""
    gateway = world.rooms.get("gateway")
    if isinstance(gateway, GatewaySettings) and gateway.anonymous and not is_loopback(gateway.host):
        yield warning(
            variable("gateway", "anonymous"),
            f"Whoever reaches {gateway.host} may search, write and remove catalogues.",
            "Nothing but the network keeps strangers out.",
            "Give keys by `triptych keys`, or keep others out by a mesh or a network policy.",
        )


def fetching(world: World) -> Iterator[Finding]:
    """Addresses that can be fetched inside of the network."""
    encoder = world.rooms.get("encoder")
    if not isinstance(encoder, EncoderSettings) or not encoder.uri_allow_private_hosts:
        return
    wide = [prefix for prefix in encoder.uri_allow if prefix.split("://")[-1].strip("/") in {"", "*"}]
    if wide:
        yield error(
            variable("encoder", "uri_allow"),
            f"{', '.join(wide)} lets clients fetch from every host, private ones too.",
            "A client can make the encoder ask services that only your network reaches.",
            "Name the hosts of your pictures.",
        )


def replicas_of_words(world: World) -> Iterator[Finding]:
    """Several search rooms, each with words of its own."""
    search = world.rooms.get("search")
    if (
        isinstance(search, SearchSettings)
        and search.lexical == "sqlite"
        and world.addresses.get("search", 1) > 1
    ):
        yield error(
            variable("search", "lexical"),
            f"It is sqlite, and there are {world.addresses['search']} search rooms.",
            "Words that one of them writes are not found by the others.",
            "Run one search room, or set milvus (2.5 or later).",
        )


def ports_twice(world: World) -> Iterator[Finding]:
    """Two parts of the local suite at one port."""
    used = Counter(port for part in world.parts for port in (part.port, *part.other_ports))
    for port, count in used.items():
        if count > 1:
            who = ", ".join(each.name for each in world.parts if port in {each.port, *each.other_ports})
            yield error(
                f"port {port}",
                f"It is that of {who}.",
                "One of them does not start.",
                "Set others with TRIPTYCH_*_PORT.",
            )


def next_pair(world: World) -> Iterator[Finding]:
    """A second pack that is the first."""
    gateway = world.rooms.get("gateway")
    if isinstance(gateway, GatewaySettings) and gateway.encoder_next == gateway.encoder:
        yield warning(
            variable("gateway", "encoder_next"),
            f"It is the encoder that serves, {gateway.encoder}.",
            "No catalogue can be upgraded to it.",
            "Name the encoder and the fusion of the other pack, or none.",
        )


CHECKS = (
    unreadable,
    deadlines,
    message_sizes,
    media_in_a_message,
    time_to_stop,
    token_key,
    open_doors,
    anonymous,
    fetching,
    replicas_of_words,
    ports_twice,
    next_pair,
)
