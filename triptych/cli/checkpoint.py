"""How far an ingest came: kept in a file, so that a run that was stopped goes on where it was."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import grpc

from triptych.client import Client, TriptychClientError

# The store may just have been started.
TIMEOUT_S = 60.0


@dataclass
class Checkpoint:
    """Lines of one file that are settled in one catalogue of one gateway.

    Kept beside the data of the local suite, so that both vanish together.
    """

    path: Path
    done: int = 0
    refused: int = 0
    last_id: str = ""

    @classmethod
    def open(cls, state: Path, file: Path, catalog: str, address: str) -> "Checkpoint":
        """Return how far *file* came; from the start when it changed or was never sent."""
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        key = hashlib.sha256(f"{digest} {catalog} {address}".encode()).hexdigest()[:32]
        checkpoint = cls(state / "ingest" / f"{key}.json")
        try:
            kept = json.loads(checkpoint.path.read_text())
            checkpoint.done, checkpoint.refused = int(kept["done"]), int(kept["refused"])
            checkpoint.last_id = str(kept["last_id"])
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
            self.done, self.refused, self.last_id = 0, 0, ""
        return self.done

    def advance(self, lines: int, refused: int, last_id: str | None) -> None:
        """Remember that *lines* more are settled, *refused* of all so far were refused."""
        self.done += lines
        self.refused = refused
        self.last_id = last_id or self.last_id
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(
            json.dumps({"done": self.done, "refused": self.refused, "last_id": self.last_id})
        )
        temporary.replace(self.path)
