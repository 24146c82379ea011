"""Where a page is asked to go: what stands in ``desk.go_to(page, target)`` besides an id or a scan."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NewPerson:
    """The empty registration form."""


@dataclass(frozen=True)
class WaitingRegistrations:
    """The registrations of the portal that wait for approval."""


@dataclass(frozen=True)
class PeopleBehind:
    """The people behind a figure: ``kind`` is one of ``queries.people_lists.KINDS``, ``value`` its village or so."""

    kind: str
    value: str = ""
