"""The thirty minutes after a dose: reactions, and letting the person go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from vaxdesk import settings
from vaxdesk.db.tables import Immunization, Reaction, Release
from vaxdesk.errors import FieldError, KnownError, RefusedError
from vaxdesk.services.context import Context
from vaxdesk.services.visits import current_visit

SEVERITIES = ("ordinary", "severe")


def ends_at(ctx: Context, given_at: datetime) -> datetime:
    """When the observation of a dose ends."""
    return given_at + timedelta(minutes=ctx.setting(settings.OBSERVATION_MINUTES))


def release(ctx: Context, visit_id: str, early_reason: str = "") -> None:
    """Let an observed person go; before the time only with a reason (H2). The certificate may follow.

    :raises FieldError: the time is not over and no reason is given. :raises RefusedError: no dose, or gone already.
    """
    ctx.require("inject", "screen", "register")
    minutes = ctx.setting(settings.OBSERVATION_MINUTES)
    with ctx.write() as uow:
        visit = current_visit(uow, visit_id)
        dose = uow.first(Immunization, visit_id=visit.record_id, current=True, status="completed")
        if dose is None or dose.occurred_at is None:
            raise RefusedError("No dose is recorded for this person today.")
        if uow.first(Release, visit_id=visit.record_id, current=True, status="completed"):
            raise RefusedError("This person was already let go.")
        left = dose.occurred_at + timedelta(minutes=minutes) - uow.now
        if left > timedelta(0) and not early_reason.strip():
            raise FieldError(
                "early_reason",
                "{minutes} minutes are left: write why the person goes early.",
                minutes=-(-int(left.total_seconds()) // 60),
            )
        early = early_reason.strip() if left > timedelta(0) else ""
        row = uow.record(
            Release(person_id=visit.person_id, visit_id=visit.record_id, released_at=uow.now, early_reason=early)
        )
        uow.audit("release", "person", visit.person_id, {"record": row.record_id, "early": bool(early)})
        uow.send("Encounter", visit.record_id, version=2, visit_id=visit.record_id, person_id=visit.person_id)
        uow.commit()


@dataclass(frozen=True)
class RecordReaction:
    """A reaction: ordinary in two keys, severe with its form."""

    visit_id: str
    severity: str
    signs: tuple[str, ...]
    onset_at: datetime | None = None
    treatment: str = ""
    outcome: str = ""
    note: str = ""


def record_reaction(ctx: Context, command: RecordReaction) -> str:
    """Record a reaction to the visit's dose and return its record id.

    :raises FieldError: severity or signs are missing. :raises KnownError: no dose on this visit.
    """
    ctx.require("inject", "screen")
    if command.severity not in SEVERITIES:
        raise FieldError("severity", "Choose: ordinary or severe.")
    if not command.signs and not command.note.strip():
        raise FieldError("signs", "Choose at least one sign, or describe it.")
    with ctx.write() as uow:
        visit = current_visit(uow, command.visit_id)
        dose = uow.first(Immunization, visit_id=visit.record_id, current=True, status="completed")
        if dose is None:
            raise KnownError("No dose is recorded for this person today.")
        row = uow.record(
            Reaction(
                person_id=visit.person_id,
                visit_id=visit.record_id,
                immunization_id=dose.record_id,
                severity=command.severity,
                signs=list(command.signs),
                onset_at=command.onset_at or uow.now,
                treatment=command.treatment,
                outcome=command.outcome,
                note=command.note.strip(),
            )
        )
        uow.audit("reaction", "person", visit.person_id, {"record": row.record_id, "severity": command.severity})
        uow.send("AdverseEvent", row.record_id, visit_id=visit.record_id, person_id=visit.person_id)
        record_id = row.record_id
        uow.commit()
    return str(record_id)
