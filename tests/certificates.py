"""Certificate authorities and what they issue, as PEM files for tests."""

import datetime as dt
from pathlib import Path

import trustme

from triptych.runtime.security.tls import TlsFiles

DAY = dt.timedelta(days=1)


class Authority:
    """A CA whose certificates are written into *folder*."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._authority = folder, trustme.CA()
        self.ca = str(folder / "ca.pem")
        self._authority.cert_pem.write_to_path(self.ca)

    def issue(self, *names: str, expired: bool = False, file: str = "") -> TlsFiles:
        """Write a certificate for *names* (host names, addresses) and its key; they trust this CA."""
        now = dt.datetime.now(dt.UTC)
        made = self._authority.issue_cert(
            *names, not_before=now - 3 * DAY, not_after=now - DAY if expired else now + 30 * DAY
        )
        file = file or names[0]
        files = TlsFiles(str(self._folder / f"{file}.pem"), str(self._folder / f"{file}.key"), self.ca)
        chain = b"".join(each.bytes() for each in made.cert_chain_pems)
        replace(files.cert, chain)
        replace(files.key, made.private_key_pem.bytes())
        return files


def replace(path: str, content: bytes) -> None:
    """Put *content* in the place of the file at *path* at once, as whoever renews certificates does."""
    new = Path(f"{path}.new")
    new.write_bytes(content)
    new.replace(path)


def take_over(files: TlsFiles, other: TlsFiles) -> None:
    """Put *other*'s certificate, key and CA in the place of *files*."""
    for path, source in ((files.ca, other.ca), (files.key, other.key), (files.cert, other.cert)):
        replace(path, Path(source).read_bytes())
