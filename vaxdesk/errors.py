"""The two kinds of error: the world's (told to the user) and ours (reported)."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any


class KnownError(Exception):
    """Something in the world went wrong and the user can act on it.

    ``message_id`` is an English sentence that stands in the catalogue (``resources/translations``);
    ``values`` fill its ``{placeholders}``. The sentence says what happened *and* what to do next.
    Callers show :meth:`words`; the id and never the values go to the log, since values may be personal.
    """

    def __init__(self, message_id: str, **values: Any) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.values: Mapping[str, Any] = values

    def words(self) -> str:
        """The sentence in the user's language."""
        from vaxdesk import i18n

        return i18n.translate(self.message_id).format_map(self.values)

    def __str__(self) -> str:
        return self.message_id.format_map(self.values)


class InputError(KnownError):
    """Bad input at a boundary (file, form, scan, argument): exit code 2 on the command line."""


class FieldError(InputError):
    """A form's field cannot be taken as it is. ``field`` names it for the page that shows the error."""

    def __init__(self, field: str, message_id: str, **values: Any) -> None:
        super().__init__(message_id, **values)
        self.field = field


class RefusedError(KnownError):
    """A rule refuses the act: a role is missing, a file belongs to practice mode, a state does not allow it."""


class BugError(Exception):
    """A state that the program's own logic excludes. Logged without personal data, shown as a fault of ours."""


def report(error: BaseException) -> str:
    """A fault as types, files and lines: no message, no value, nothing personal."""
    lines: list[str] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        lines.append(type(current).__name__)
        for frame in traceback.extract_tb(current.__traceback__):
            lines.append(f"  {_short(frame.filename)}:{frame.lineno} {frame.name}")
        current = current.__cause__ or current.__context__
    return "\n".join(lines)


def _short(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    if "vaxdesk" in parts:
        return "/".join(parts[parts.index("vaxdesk") :])
    return parts[-1]
