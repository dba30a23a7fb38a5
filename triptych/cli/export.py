"""`triptych export`: a pack as an archive or a folder, to take elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from triptych.cli.output import EXIT_BAD_INPUT, fail, out
from triptych.cli.pack import Packs, store_of
from triptych.cli.suite import State, suite_settings


def export(
    pack: Annotated[str, typer.Argument(help="NAME, NAME-VERSION, or the folder of a pack.")],
    to: Annotated[Path, typer.Option(help="A new file (.tar.gz) or a new folder.")],
    packs: Packs = None,
    state: State = None,
) -> None:
    """Write a verified pack as a .tar.gz, the same bytes each time, or copy it to a folder."""
    from triptych.packs.archive import is_archive, write_archive
    from triptych.packs.copying import copy_pack
    from triptych.packs.pack import PackError

    if to.exists():
        raise fail(f"{to} is there already", EXIT_BAD_INPUT)
    try:
        folder = store_of(suite_settings(state, packs=packs)).find(pack)
        (write_archive if is_archive(to) else copy_pack)(folder, to)
    except PackError as error:
        raise fail(str(error), EXIT_BAD_INPUT) from error
    except OSError as error:
        raise fail(f"{error.filename or to}: {error.strerror or error}", EXIT_BAD_INPUT) from error
    out.print(f"exported to {to}", soft_wrap=True)
