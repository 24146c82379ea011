"""The backups that lie in the station's own folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from vaxdesk.db import keyslots
from vaxdesk.services.context import Context


@dataclass(frozen=True)
class BackupFile:
    """One backup. ``size`` in bytes; without the key file beside it nobody can open it."""

    name: str
    made_at: datetime
    size: int
    with_keys: bool


def in_folder(ctx: Context) -> tuple[BackupFile, ...]:
    """The backups in the station's folder, the newest first; a file that goes meanwhile is left out."""
    found = []
    for path in ctx.paths.backups.glob("*.db"):
        try:
            about = path.stat()
        except OSError:
            continue
        made = datetime.fromtimestamp(about.st_mtime, UTC)
        found.append(BackupFile(path.name, made, about.st_size, keyslots.beside(path).is_file()))
    return tuple(sorted(found, key=lambda row: (row.made_at, row.name), reverse=True))
