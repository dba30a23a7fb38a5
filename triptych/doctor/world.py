"""What the doctor looks at, as plain values: gathered by gathering.py, made up by tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from triptych.local.part import Part
from triptych.packs.pack import Pack
from triptych.runtime.settings import ServerSettings


@dataclass(frozen=True)
class Folder:
    """A place where something is kept.

    Args:
        free_bytes, total_bytes: of its disk.
        is_writable: whether it can be written, or made.
        file_system: "ext4", "nfs4" …; empty where that is not known.
    """

    path: Path
    free_bytes: int
    total_bytes: int
    is_writable: bool
    file_system: str = ""


@dataclass(frozen=True)
class Answered:
    """What a part says of itself.

    Args:
        ready: whether it takes requests.
        why: it is not, in its own words.
        version: of the part.
        clock_skew_s: how far its clock is ahead of ours; None where it does not tell.
    """

    ready: bool
    why: str = ""
    version: str = ""
    clock_skew_s: float | None = None


@dataclass(frozen=True)
class Certificate:
    """A certificate of a room: its file, when it ends in seconds since 1970, or why it cannot be used."""

    path: str
    not_after_s: float = 0.0
    problem: str = ""


@dataclass(frozen=True)
class Milvus:
    """What Milvus holds.

    Args:
        version: such as "2.3.5".
        unloaded: our collections that are not loaded, by name, with how far they are.
        without_alias: catalogues that have collections, and none that serves.
        collections: how many there are.
        channels: how many it writes to; 0 where that is not known.
    """

    version: str = ""
    unloaded: Mapping[str, str] = field(default_factory=dict)
    without_alias: Sequence[str] = ()
    collections: int = 0
    channels: int = 0


@dataclass(frozen=True)
class World:
    """Everything that is looked at.

    Args:
        rooms: the settings of each room, by its name.
        unreadable: the rooms whose settings cannot be read, with the reason.
        parts: those of the local suite; empty where there is none.
        should_run: whether the local suite was started.
        taken: ports of the local suite that others listen on, with who does, while it does not run.
        stop_s: after so long a part that stops is killed; None where nobody knows.
        addresses: how many addresses each of the gateway's rooms has, by room.
        folders: where what is kept, by what it is.
        certificates: of the rooms, by variable.
        answers: of the parts that were asked; None: no answer.
        triton_models: those that are not ready, with Triton's reason.
        milvus: None where it does not answer.
        misfits: catalogues that the served pack cannot search, with what made them.
        pack, pack_problem: the pack that is to be served, or why it is not sound.
        open_files_max: of a process.
        shared_memory_bytes: free; None where there is none.
        python: the version that runs.
        packages: those that differ from the lock: name → "1.2 instead of 1.3".
        now_s: seconds since 1970.
    """

    rooms: Mapping[str, ServerSettings] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    should_run: bool = False
    taken: Mapping[int, str] = field(default_factory=dict)
    stop_s: float | None = None
    addresses: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, Folder] = field(default_factory=dict)
    certificates: Mapping[str, Certificate] = field(default_factory=dict)
    answers: Mapping[str, Answered | None] = field(default_factory=dict)
    triton_models: Mapping[str, str] = field(default_factory=dict)
    milvus: Milvus | None = None
    misfits: Mapping[str, str] = field(default_factory=dict)
    pack: Pack | None = None
    pack_problem: str = ""
    open_files_max: int = 1_000_000
    shared_memory_bytes: int | None = None
    python: tuple[int, int] = (3, 11)
    packages: Mapping[str, str] = field(default_factory=dict)
    now_s: float = 0.0
