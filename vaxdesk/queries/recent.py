"""The latest vaccination of any kind before a day: what a declaration about the past days is held against (R-11)."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Immunization, Registration
from vaxdesk.domain.dates import PartialDate

#: No declaration looks further back.
_LONGEST = timedelta(days=366)


def latest_vaccination(conn: Session, person_id: str, day: date, but_visit: str = "") -> date | None:
    """The day of the latest other vaccine that the person stated, or of the latest recorded dose up to ``day``.

    ``but_visit`` leaves out the dose of that visit. Doses whose day is not known are left out: they prove nothing.
    """
    stated = conn.scalars(select(Registration.details).where(Registration.person_id == person_id))
    days = [date.fromisoformat(details["other_vaccine_on"]) for details in stated if "other_vaccine_on" in details]
    rows = conn.execute(
        select(Immunization.occurred, Immunization.visit_id).where(
            Immunization.person_id == person_id,
            Immunization.current.is_(True),
            Immunization.status == "completed",
            Immunization.occurred >= (day - _LONGEST).isoformat(),
        )
    )
    for occurred, visit_id in rows:
        known = PartialDate.parse(occurred)
        if known.is_full and not (but_visit and visit_id == but_visit):
            days.append(known.latest())
    return max((found for found in days if found <= day), default=None)
