"""Where a station's files lie: one folder holds everything of one station."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path


def default_data_dir(practice: bool = False) -> Path:
    """The user's data folder of the platform (``VAXDESK_DATA_DIR`` overrides it)."""
    override = os.environ.get("VAXDESK_DATA_DIR")
    if override:
        base = Path(override)
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "VaxDesk"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support" / "VaxDesk"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local" / "share")) / "vaxdesk"
    return base / "practice" if practice else base


@dataclass(frozen=True)
class StationPaths:
    """The files of one station below ``data_dir``."""

    data_dir: Path

    @property
    def database(self) -> Path:
        """The encrypted SQLite file."""
        return self.data_dir / "station.db"

    @property
    def key_slots(self) -> Path:
        """The wrapped copies of the database key, one a user and one for the recovery code."""
        return self.data_dir / "station.keys"

    @property
    def signing_key(self) -> Path:
        """The station's signing key, wrapped by the database key; in no backup."""
        return self.data_dir / "signing.key"

    @property
    def key_request(self) -> Path:
        """The request file for the authority, written by set-up."""
        return self.data_dir / "station-request.json"

    @property
    def unfinished(self) -> Path:
        """Lies there while set-up is under way: what it left may be removed when it runs again."""
        return self.data_dir / "station.unfinished"

    @property
    def backups(self) -> Path:
        """The folder of automatic backups."""
        return self.data_dir / "backups"

    @property
    def campaigns(self) -> Path:
        """The folder of campaign packs that the station received."""
        return self.data_dir / "campaigns"

    @property
    def documents(self) -> Path:
        """The folder where printed PDFs wait for the printer."""
        return self.data_dir / "documents"

    @property
    def log(self) -> Path:
        """The program's log, without personal data."""
        return self.data_dir / "vaxdesk.log"

    @property
    def window_lock(self) -> Path:
        """Held by the one open window."""
        return self.data_dir / "window.lock"
