"""What the session page reads and does, off the window's thread: each is one query or one service call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vaxdesk.queries import desk_view, people, sessions, visits
from vaxdesk.queries.desk_view import Staff, VisitFacts
from vaxdesk.queries.sessions import LotRow, SessionRow
from vaxdesk.queries.visits import VisitRow
from vaxdesk.services import certificates, doses
from vaxdesk.services import sessions as session_service
from vaxdesk.services.certificates import Issued


@dataclass(frozen=True)
class Look:
    """One look at today's session."""

    session: SessionRow | None
    last: SessionRow | None
    rows: tuple[VisitRow, ...]
    lots: tuple[LotRow, ...]
    staff: tuple[Staff, ...]


def person_of_scan(conn: Any, kind: str, fields: dict[str, str]) -> str:
    """The one person whom the scan names; empty for nobody, and for two with the same number."""
    if kind == "personal_code":
        found = people.by_code(conn, fields.get("code", ""))
        return found.id if found else ""
    rows = people.by_national_id(conn, fields.get("national_id", ""))
    return rows[0].id if len(rows) == 1 else ""


def read_look(conn: Any, today: Any) -> Look:
    """Today's session with its people, the lots, and who may inject."""
    session = sessions.current_session(conn, today)
    newest = sessions.sessions(conn, limit=1)
    rows = visits.of_session(conn, session.id) if session else ()
    return Look(session, newest[0] if newest else None, rows, sessions.lots(conn), desk_view.injectors(conn))


def read_facts(conn: Any, campaign: Any, visit_id: str, today: Any) -> VisitFacts | None:
    """Everything that the screens of one visit show."""
    return desk_view.visit_facts(conn, campaign, visit_id, today)


def call(service: Callable[..., Any], command: Any, ctx: Any) -> Any:
    """A service whose command was made before."""
    return service(ctx, command)


def withdraw_dose(immunization_id: str, reason: str, ctx: Any) -> None:
    """Take a dose back as entered in error."""
    doses.withdraw(ctx, immunization_id, reason)


def record_not_given(visit_id: str, product: str, reason: str, ctx: Any) -> str:
    """Record that no dose was given."""
    return doses.not_given(ctx, visit_id, product, reason)


def change_defaults(session_id: str, product: str, lot: str, ctx: Any) -> None:
    """Make product and lot the session's default."""
    session_service.change_defaults(ctx, session_id, product, lot)


def close_session(session_id: str, reason: str, ctx: Any) -> None:
    """Close the session."""
    session_service.close(ctx, session_id, reason)


def issue_paper(person_id: str, visit_id: str, ctx: Any) -> Issued:
    """Issue the certificate, or find the one that still holds."""
    return certificates.issue(ctx, person_id, visit_id)
