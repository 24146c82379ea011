"""What the window remembers outside the encrypted file: who was here last, the language, the station's name.

It is read before anybody signs in and holds nothing about people vaccinated.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from vaxdesk.i18n import LANGUAGES


@dataclass(frozen=True)
class WindowState:
    """The remembered values; every one may be missing."""

    language: str = "vi"
    last_user: str = ""
    station: str = ""
    users: tuple[str, ...] = ()


def path_in(data_dir: Path) -> Path:
    """Where the state lies."""
    return data_dir / "window.json"


def read(data_dir: Path) -> WindowState:
    """The state of a folder; the first one where there is none or it does not read."""
    try:
        data = json.loads(path_in(data_dir).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return WindowState()
    if not isinstance(data, dict):
        return WindowState()
    texts = {name: value for name, value in data.items() if name in _TEXTS and isinstance(value, str)}
    users = data.get("users")
    if isinstance(users, list) and all(isinstance(user, str) for user in users):
        state = WindowState(users=tuple(users), **texts)
    else:
        state = WindowState(**texts)
    return state if state.language in LANGUAGES else replace(state, language="vi")


_TEXTS = ("language", "last_user", "station")


def write(data_dir: Path, state: WindowState) -> None:
    """Remember; a folder that cannot be written is no reason to trouble the user."""
    target = path_in(data_dir)
    temporary = target.with_name(target.name + ".new")
    try:
        temporary.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=1), encoding="utf-8")
        os.replace(temporary, target)
    except OSError:
        temporary.unlink(missing_ok=True)
