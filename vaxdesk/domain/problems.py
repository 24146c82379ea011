"""What is wrong or missing in a form's field: said in a sentence, blocking only the impossible."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from vaxdesk import i18n

Severity = Literal["block", "warn"]


@dataclass(frozen=True)
class FieldProblem:
    """One remark on one field.

    ``severity`` is ``block`` (cannot be stored: impossible) or ``warn`` (can be true; the user looks once more).
    ``code`` is a stable word for programs and statistics, ``missing`` among them. ``message`` is an English
    sentence of the catalogue, ``values`` fill its placeholders; :meth:`words` gives it in the user's language.
    """

    field: str
    severity: Severity
    message: str
    code: str = "implausible"
    values: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def words(self) -> str:
        """The sentence in the user's language."""
        return i18n.translate(self.message).format_map(self.values)

    @property
    def blocks(self) -> bool:
        """True when the record cannot be saved as it is."""
        return self.severity == "block"


def warn(field: str, code: str, message: str, **values: Any) -> FieldProblem:
    """A remark that does not stop anybody."""
    return FieldProblem(field, "warn", message, code, values)


def block(field: str, code: str, message: str, **values: Any) -> FieldProblem:
    """A remark on something impossible."""
    return FieldProblem(field, "block", message, code, values)
