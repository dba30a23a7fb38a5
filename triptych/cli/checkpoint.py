"""How far an ingest came: kept in a file, so that a run that was stopped goes on where it was."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import grpc

from triptych.cli.product_files import STDIN
from triptych.client import Client, TriptychClientError

# The store may just have been started.
TIMEOUT_S = 60.0


@dataclass
class Checkpoint:
    """Lines of one file that are settled in one catalogue of one gateway.

    The first *done* lines are settled, *refused* of them were refused, and these fill *errors_bytes* of the file of
    errors. Kept beside the data of the local suite, so that both vanish together.
    """

    path: Path | None
    done: int = 0
    refused: int = 0
    last_id: str = ""
    errors_bytes: int = 0

    @classmethod
    def open(cls, state: Path, file: Path, catalog: str, address: str) -> "Checkpoint":
        """Return how far *file* came; from the start when it changed or was never sent.

        Of standard input nothing can be kept.
        """
        if file == STDIN:
            return cls(None)
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        key = hashlib.sha256(f"{digest} {catalog} {address}".encode()).hexdigest()[:32]
        path = state / "ingest" / f"{key}.json"
        checkpoint = cls(path)
        try:
            kept = json.loads(path.read_text())
            checkpoint.done, checkpoint.refused = int(kept["done"]), int(kept["refused"])
            checkpoint.last_id = str(kept["last_id"])
            checkpoint.errors_bytes = int(kept["errors_bytes"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # never sent, or a file that a crash left half written: starting again is harmless
        return checkpoint

    def verified(self, client: Client, catalog: str) -> int:
        """Return how many lines can be passed over: none when the catalogue has not what we remember storing."""
        if not self.last_id:
            return 0
        try:
            client.get(self.last_id, catalog=catalog, timeout_s=TIMEOUT_S)
        except TriptychClientError as error:
            if error.code != grpc.StatusCode.NOT_FOUND:
                raise
            self.reset()
        return self.done

    def reset(self) -> None:
        """Start from the first line."""
        self.done, self.refused, self.last_id, self.errors_bytes = 0, 0, "", 0

    def save(self) -> None:
        """Keep what stands here."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        kept = {
            "done": self.done,
            "refused": self.refused,
            "last_id": self.last_id,
            "errors_bytes": self.errors_bytes,
        }
        temporary.write_text(json.dumps(kept))
        temporary.replace(self.path)
