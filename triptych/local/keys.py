"""Secrets of the local suite: made once, kept in its folder."""

import os
import secrets
from pathlib import Path


def token_key(folder: Path) -> str:
    """Return the key by which the gateway signs tokens, so that those it gave out hold after a restart."""
    path = folder / "token_key"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))
    return path.read_text()
