"""A job: fragments that are not done yet go through workers of Ray Data; then the parts become an archive."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import ray

from bulk.encoding import Worker, Workplace
from bulk.fragments import Fragment, fragments
from bulk.parts import Done, JobError, begin, part_name, read_done
from triptych.archive.manifest import Manifest, Part
from triptych.runtime.security.tls import PLAIN, TlsFiles

# Lines of the input that a worker takes at a time; what a restart repeats at most, times the workers.
FRAGMENT_PRODUCTS = 2_000


@dataclass(frozen=True)
class Job:
    """What is to be done.

    Args:
        inputs: JSON Lines or Parquet files of products.
        media_root: folder of their pictures and sounds.
        folder: what is made.
        encoder, fusion: addresses of the rooms.
        catalog: the name that the archive gives its catalogue.
        workers: how many fragments are worked on at once.
        cluster: address of a Ray cluster; empty for one on this machine.
        fragment_products: lines a fragment.
        tls: what the rooms are called with; no CA: no TLS. The files are read where the workers run.
    """

    inputs: tuple[Path, ...]
    media_root: Path
    folder: Path
    encoder: str
    fusion: str
    catalog: str = "default"
    workers: int = 2
    cluster: str = ""
    fragment_products: int = FRAGMENT_PRODUCTS
    tls: TlsFiles = PLAIN

    def facts(self) -> dict[str, object]:
        """Return what makes it the same job after a restart."""
        return {
            "inputs": [[str(path), path.stat().st_size] for path in self.inputs],
            "catalog": self.catalog,
            "fragment_products": self.fragment_products,
        }


def run(job: Job, progress: Callable[[int, int], None] = lambda *_: None) -> tuple[Manifest, int]:
    """Do what of *job* is not done yet; return the archive's manifest, and how many lines were refused.

    *progress* is told how many fragments are done, and of how many.

    Raises:
        JobError: the folder is that of another job, or the models changed in between.
        OSError: an input cannot be read, or the folder not written.
    """
    pieces = fragments(job.inputs, job.fragment_products)
    begin(job.folder, job.facts())
    done = read_done(job.folder)
    pending = [each for each in pieces if each.number not in done]
    progress(len(pieces) - len(pending), len(pieces))
    if pending:
        _work(job, pending, lambda count: progress(len(pieces) - len(pending) + count, len(pieces)))
    return _finished(job, read_done(job.folder))


def _work(job: Job, pending: Sequence[Fragment], progress: Callable[[int], None]) -> None:
    local = (
        {"num_cpus": job.workers, "include_dashboard": False} if not job.cluster else {"address": job.cluster}
    )
    ray.init(**local, ignore_reinit_error=True, log_to_driver=False, logging_level=logging.WARNING)
    try:
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        rows = ray.data.from_items([asdict(each) for each in pending], override_num_blocks=len(pending))
        media_root, folder = str(job.media_root.resolve()), str(job.folder.resolve())
        place = Workplace(job.encoder, job.fusion, media_root, folder, job.tls)
        made = rows.map(
            # A class whose instances are called; its types know functions alone.
            Worker,  # type: ignore[arg-type]
            fn_constructor_args=(place,),
            compute=ray.data.ActorPoolStrategy(size=min(job.workers, len(pending))),
        )
        for count, _ in enumerate(made.iter_rows(), start=1):
            progress(count)
    finally:
        ray.shutdown()


def _finished(job: Job, done: dict[int, Done]) -> tuple[Manifest, int]:
    parts = [done[number] for number in sorted(done)]
    spaces: dict[str, dict[str, object]] = {}
    for part in parts:
        for each in part.spaces:
            if spaces.setdefault(each["space"], each) != each:
                raise JobError("the models changed while the job ran; begin again in another folder")
    manifest = Manifest(
        job.catalog,
        str(spaces["SEARCH_SPACE_FUSED"]["id"]).rpartition("/")[0] if spaces else "",
        [spaces[name] for name in sorted(spaces)],
        None,
        datetime.now(UTC).isoformat(timespec="seconds"),
        tuple(Part(part_name(part.number), part.stored, part.sha256) for part in parts if part.stored),
    )
    manifest.write(job.folder)
    return manifest, sum(part.refused for part in parts)
