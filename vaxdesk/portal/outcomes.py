"""Refusals in FHIR's own form: an HTTP status, an issue code, the field, and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Issue:
    """One line of an OperationOutcome. ``expression`` is a FHIRPath such as ``Patient.name[0].text``."""

    code: str
    words: str
    expression: str = ""
    severity: str = "error"

    def under(self, prefix: str) -> Issue:
        """The same issue where the resource stands at ``prefix`` (``Patient.name`` becomes ``prefix.name``)."""
        if not prefix:
            return self
        inner = self.expression.partition(".")[2]
        return Issue(self.code, self.words, f"{prefix}.{inner}" if inner else prefix, self.severity)

    def as_json(self) -> dict[str, Any]:
        """The issue as FHIR JSON."""
        issue: dict[str, Any] = {"severity": self.severity, "code": self.code, "diagnostics": self.words}
        if self.expression:
            issue["expression"] = [self.expression]
        return issue


class FhirProblem(Exception):
    """A request, or one entry of it, that is not done. Raised within the portal, answered as OperationOutcome."""

    def __init__(self, status: int, issues: Sequence[Issue], headers: dict[str, str] | None = None) -> None:
        super().__init__("; ".join(issue.words for issue in issues))
        self.status = status
        self.issues = tuple(issues)
        self.headers = headers or {}

    @classmethod
    def one(
        cls, status: int, code: str, words: str, expression: str = "", headers: dict[str, str] | None = None
    ) -> FhirProblem:
        """A problem with a single issue."""
        return cls(status, [Issue(code, words, expression)], headers)

    def outcome(self, prefix: str = "") -> dict[str, Any]:
        """The OperationOutcome resource."""
        return {"resourceType": "OperationOutcome", "issue": [issue.under(prefix).as_json() for issue in self.issues]}


def invalid(expression: str, words: str, code: str = "invalid") -> FhirProblem:
    """A resource whose field cannot be taken: 422 with the field."""
    return FhirProblem.one(422, code, words, expression)


def bad_request(words: str, code: str = "invalid", expression: str = "") -> FhirProblem:
    """A request that cannot be understood: 400."""
    return FhirProblem.one(400, code, words, expression)


def not_found(words: str) -> FhirProblem:
    """Nothing here, or nothing that this station may see: both are answered alike."""
    return FhirProblem.one(404, "not-found", words)
