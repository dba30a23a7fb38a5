"""Settings from a folder of files, such as a mounted Secret: one file a variable, named as the variable is."""

import os
from pathlib import Path

from pydantic_settings import BaseSettings, SecretsSettingsSource

FOLDER_VARIABLE = "TRIPTYCH_SECRETS_DIR"


def secrets_folder(settings: type[BaseSettings]) -> tuple[SecretsSettingsSource, ...]:
    """Return the source of *settings* that reads the folder which TRIPTYCH_SECRETS_DIR names; none where it is not set.

    Raises:
        NotADirectoryError: there is no such folder: a secret that was not mounted must not be taken for an empty one.
    """
    folder = os.environ.get(FOLDER_VARIABLE, "")
    if not folder:
        return ()
    if not Path(folder).is_dir():
        raise NotADirectoryError(f"{FOLDER_VARIABLE} names no folder: {folder}")
    return (SecretsSettingsSource(settings, secrets_dir=folder),)
