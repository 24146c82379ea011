"""A fault of a campaign pack, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from vaxdesk.i18n import translate


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a pack. ``wrong`` and ``expected`` are catalogue ids, filled with ``values``."""

    file: str
    table: str
    key: str
    wrong: str
    expected: str
    values: Mapping[str, Any] = field(default_factory=dict)
    severity: Literal["error", "warning"] = "error"

    def words(self) -> str:
        """``file [table] key: what is wrong; what is expected`` in the user's language."""
        place = self.file + (f" [{self.table}]" if self.table else "") + (f" {self.key}" if self.key else "")
        said = translate(self.wrong).format_map(self.values)
        hoped = translate(self.expected).format_map(self.values) if self.expected else ""
        return f"{place}: {said} {hoped}".rstrip()

    def as_json(self) -> dict[str, str]:
        """The problem for ``--json``."""
        return {
            "file": self.file,
            "table": self.table,
            "key": self.key,
            "wrong": translate(self.wrong).format_map(self.values),
            "expected": translate(self.expected).format_map(self.values) if self.expected else "",
            "severity": self.severity,
        }
