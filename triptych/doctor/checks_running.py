"""What runs: parts that do not answer, models, packs, collections, clocks."""

from collections.abc import Iterator

from services.search.settings import SearchSettings
from triptych.doctor.finding import Finding, error, warning
from triptych.doctor.world import World

# HTTP tells whole seconds.
SKEW_WARNING_S = 3.0
# Channels shared by collections lose rows on a restart (milvus-io/milvus#34255), mended in these.
MENDED = ((2, 3, 19), (2, 4, 6))
# BM25 in Milvus.
WORDS_SINCE = (2, 5)


def parts(world: World) -> Iterator[Finding]:
    """Parts that do not answer, or are not ready."""
    for name, answer in world.answers.items():
        if answer is None:
            yield error(
                name,
                "It does not answer.",
                "What needs it is not ready either.",
                f"Look at its log: {name}.log in the suite's folder, or kubectl logs.",
            )
        elif not answer.ready:
            yield error(
                name,
                f"It is not ready{f': {answer.why}' if answer.why else ''}.",
                "It takes no requests.",
                "Its log says once what it misses: look there, and at that part first.",
            )


def taken_ports(world: World) -> Iterator[Finding]:
    """Ports that others listen on while the suite does not run."""
    for port, who in world.taken.items():
        yield error(
            f"port {port}",
            f"{who} listens there.",
            "The suite will not start.",
            "Stop it, or set another port with TRIPTYCH_*_PORT.",
        )


def models(world: World) -> Iterator[Finding]:
    """Models that Triton does not serve."""
    for name, why in world.triton_models.items():
        yield error(
            f"model {name}",
            f"Triton has not loaded it: {why or 'it says not why'}.",
            "Rooms that need it are not ready.",
            "Often a package that the model imports is missing, or the shared memory is too small; then restart Triton.",
        )


def pack(world: World) -> Iterator[Finding]:
    """A pack that is not sound."""
    if world.pack_problem:
        yield error(
            "pack",
            f"{world.pack_problem}.",
            "Triton is not started on it.",
            "Unpack or import it again; `triptych pack list`.",
        )


def catalogues(world: World) -> Iterator[Finding]:
    """Catalogues of another pack than the one that encodes."""
    for name, maker in world.misfits.items():
        yield error(
            f"catalogue {name}",
            f"It was made by {maker}, and {world.pack.id if world.pack else 'another pack'} encodes.",
            "Its searches and writes are refused with SPACE_MISMATCH.",
            "Serve that pack again, or upgrade the catalogue (docs/upgrades.md).",
        )


def milvus_version(world: World) -> Iterator[Finding]:
    """Versions that lose rows, or lack what is set."""
    if world.milvus is None or not world.milvus.version:
        return
    version, search = numbers(world.milvus.version), world.rooms.get("search")
    mended = MENDED[0] if version[:2] == (2, 3) else MENDED[1]
    if version < mended and not 0 < world.milvus.collections <= world.milvus.channels:
        yield warning(
            "milvus",
            f"Version {world.milvus.version} loses rows on a restart where two collections share a channel.",
            "What was acknowledged can be gone after a crash (milvus-io/milvus#34255).",
            "Take 2.3.19, 2.4.6 or later; or set rootCoord.dmlChannelNum above the number of collections.",
        )
    if isinstance(search, SearchSettings) and search.lexical == "milvus" and version < WORDS_SINCE:
        yield error(
            "TRIPTYCH_SEARCH_LEXICAL",
            f"It is milvus, and version {world.milvus.version} has no BM25.",
            "Words cannot be searched.",
            "Take Milvus 2.5 or later, or set sqlite.",
        )


def collections(world: World) -> Iterator[Finding]:
    """Collections that cannot be searched, and catalogues that none serves."""
    if world.milvus is None:
        return
    for name, state in world.milvus.unloaded.items():
        yield error(
            f"collection {name}",
            f"It is {state}.",
            "It cannot be searched; the search room is not ready until it can.",
            "The room asks Milvus to load it again and again; look at Milvus's memory and log.",
        )
    for catalog in world.milvus.without_alias:
        yield error(
            f"catalogue {catalog}",
            "It has collections, and no alias says which of them serve.",
            "It is as if it did not exist, although its vectors are there.",
            "Where its making or removal broke off: make it or remove it again. Otherwise let the alias "
            f"{catalog}__fused lead to its FUSED collection.",
        )


def clocks(world: World) -> Iterator[Finding]:
    """Clocks that go apart."""
    for name, answer in world.answers.items():
        if answer and answer.clock_skew_s is not None and abs(answer.clock_skew_s) > SKEW_WARNING_S:
            yield warning(
                name,
                f"Its clock is {answer.clock_skew_s:+.0f} s from this machine's.",
                "Tokens end early or late, times of writes seem to lie ahead, and bounded reads see too little.",
                "Let all machines follow one clock (NTP).",
            )


def numbers(version: str) -> tuple[int, ...]:
    """Return (2, 3, 5) of "v2.3.5-lite"."""
    digits = version.lstrip("v").split("-")[0].split(".")
    return tuple(int(each) for each in digits if each.isdigit())


CHECKS = (parts, taken_ports, models, pack, catalogues, milvus_version, collections, clocks)
