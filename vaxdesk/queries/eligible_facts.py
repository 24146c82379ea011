"""What the file says of people for an eligible list: one statement for everybody, for some, or for a few.

Particulars, doses, groups and consents are read from covering indexes only. Each different history is judged once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Select, String, func, select, type_coerce
from sqlalchemy.orm import Session

from vaxdesk import clock
from vaxdesk.db.tables import (
    Consent,
    Immunization,
    Person,
    PersonGroup,
    Screening,
    VaccinationSession,
    Visit,
)
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import format_date
from vaxdesk.domain.eligibility import OPEN_END, Due, Facts
from vaxdesk.domain.priority import GroupClaim
from vaxdesk.domain.schedule import Evaluation
from vaxdesk.domain.screening_form import NextList
from vaxdesk.queries.histories import Histories, doses_text, last_day

#: Told after so many people; raises to stop the reading.
Look = Callable[[], None]
#: How many people pass between two looks at the cancel button.
STEP = 2000
#: A few people are read in chunks of so many.
_CHUNK = 500
#: What a screening must have said to leave something behind.
_LEAVES = (
    NextList.RECALL.value,
    NextList.PHYSICIAN.value,
    NextList.REFER_HOSPITAL.value,
    NextList.CONTRAINDICATED.value,
)


class Judged(NamedTuple):
    """What the schedule says of one history."""

    number: int
    due: tuple[Due, ...]
    complete: bool


class _State(NamedTuple):
    """What the latest screenings leave behind."""

    deferred_until: date | None = None
    referred: bool = False
    contraindicated: frozenset[str] = frozenset()


_CLEAR = _State()

#: The judgements of a pack on a day.
Memory = Histories[Judged]


def memory(campaign: Campaign, day: date) -> Memory:
    """An empty one."""
    return Histories(campaign, day, _judged)


def _judged(found: Evaluation) -> Judged:
    upcoming = found.next
    if upcoming is None:
        return Judged(0, (), found.complete)
    due = tuple(Due(option.product, option.earliest, option.latest, option.agreement) for option in upcoming.options)
    return Judged(upcoming.number, due, found.complete)


def everybody(conn: Session, histories: Memory, look: Look | None = None) -> dict[str, Facts]:
    """Everybody's facts by id, in the order of ids. ``look`` is called now and then and may raise to stop."""
    rows = conn.execute(_people(histories.campaign.code).order_by(Person.id))
    return _facts(conn, histories, rows, _states(conn, histories.campaign), look)


def some(conn: Session, histories: Memory, condition: Any, look: Look | None = None) -> dict[str, Facts]:
    """The facts of the people whom a condition on their rows chooses; ``look`` as with :func:`everybody`."""
    rows = conn.execute(_people(histories.campaign.code).where(condition))
    return _facts(conn, histories, rows, _states(conn, histories.campaign), look)


def few(conn: Session, histories: Memory, ids: Collection[str]) -> dict[str, Facts]:
    """The facts of some people; those who are gone or joined with somebody are not in it."""
    found: dict[str, Facts] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        rows = conn.execute(_people(histories.campaign.code).where(Person.id.in_(chunk)))
        found.update(_facts(conn, histories, rows, _states(conn, histories.campaign, chunk)))
    return found


def _facts(
    conn: Session, histories: Memory, rows: Iterable[Any], states: Mapping[str, _State], look: Look | None = None
) -> dict[str, Facts]:
    here = booked(conn, histories.day)
    judge = histories.judge
    claims: dict[tuple[str | None, str | None], tuple[frozenset[str], bool]] = {}
    found: dict[str, Facts] = {}
    for place, (person_id, birth, sex, name_key, village, known_of, doses, stated, confirmed, answer) in enumerate(
        rows
    ):
        if look is not None and place % STEP == 0:
            look()
        judged = judge(birth, sex, known_of, doses)
        claim = claims.get((stated, confirmed))
        if claim is None:
            claim = claims[stated, confirmed] = _claim(stated, confirmed)
        state = states.get(person_id, _CLEAR)
        found[person_id] = Facts._make(
            (
                person_id,
                last_day(birth),
                name_key,
                village,
                *claim,
                answer or "not_asked",
                *judged,
                *state,
                here.get(person_id, ""),
                "",
            )
        )
    return found


def _people(campaign: str) -> Select[Any]:
    """One row a person: particulars, doses as one text ("product|day,product|day"), stated and confirmed groups, and
    the latest answer to the consent question. SQLite puts the texts together; Python only looks them up."""

    def groups(kind: str) -> Any:
        of_kind = select(func.group_concat(PersonGroup.group_code)).where(
            PersonGroup.person_id == Person.id, PersonGroup.campaign == campaign, PersonGroup.kind == kind
        )
        return of_kind.correlate(Person).scalar_subquery()

    answer = (
        select(Consent.answer)
        .where(
            Consent.person_id == Person.id,
            Consent.campaign == campaign,
            Consent.current.is_(True),
            Consent.status == "completed",
        )
        .order_by(Consent.at.desc())
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )
    return select(
        Person.id,
        Person.birth_date,
        Person.sex,
        Person.name_key,
        Person.village,
        # As the text that it is in the file: nearly always "[]", and read only for a new history.
        type_coerce(Person.conditions, String),
        doses_text(campaign),
        groups("stated"),
        groups("confirmed"),
        answer,
    ).where(Person.merged_into.is_(None))


def _claim(stated: str | None, confirmed: str | None) -> tuple[frozenset[str], bool]:
    """The groups that count, and whether the station confirmed them."""
    claim = GroupClaim(
        frozenset(stated.split(",")) if stated else frozenset(),
        # An empty code: the station has checked, and no group holds.
        frozenset(filter(None, confirmed.split(","))) if confirmed is not None else None,
    )
    return claim.counting, claim.confirmed is not None


def _states(conn: Session, campaign: Campaign, ids: Collection[str] | None = None) -> dict[str, _State]:
    """What the latest screening says about deferral and referral, and for which products one was contraindicated.

    "Cùng loại": a contraindication holds for every product of the family until that product is screened anew. Where it
    comes of an earlier dose, the vaccine to blame is among those given before, not the one that was to be given: then
    it holds for their families too. Only of people with such an outcome are the screenings read.
    """
    standing = [Screening.campaign == campaign.code, Screening.current.is_(True), Screening.status == "completed"]
    if ids is not None:
        standing.append(Screening.person_id.in_(ids))
    concerned = select(Screening.person_id).where(*standing, Screening.next_list.in_(_LEAVES))
    screened = conn.execute(
        select(
            Screening.person_id,
            Screening.product_code,
            Screening.next_list,
            Screening.deferred_until,
            Screening.at,
            Screening.form,
            type_coerce(Screening.answers, String).label("answers"),
        )
        .where(*standing, Screening.person_id.in_(concerned))
        .order_by(Screening.at)
    ).all()
    blamed = {
        row
        for row in screened
        if row.next_list == NextList.CONTRAINDICATED.value and _speaks_of_earlier_dose(campaign, row.form, row.answers)
    }
    given = _given_before(conn, campaign.code, {row.person_id for row in blamed})
    latest: dict[str, tuple[str, date | None]] = {}
    forbidden: dict[str, dict[str, bool]] = {}
    family = {code: product.family for code, product in campaign.products.items()}
    for row in screened:
        latest[row.person_id] = (row.next_list, row.deferred_until)
        of_person = forbidden.setdefault(row.person_id, {})
        if row in blamed:
            day = clock.local_date(row.at).isoformat()
            before = (code for code, occurred in given.get(row.person_id, ()) if occurred <= day)
            of_person.update({family.get(code, code): True for code in before})
        of_person[family.get(row.product_code, row.product_code)] = row.next_list == NextList.CONTRAINDICATED.value
    found = {}
    for person_id, (following, until) in latest.items():
        waits = following in (NextList.RECALL.value, NextList.PHYSICIAN.value)
        families = {name for name, is_forbidden in forbidden[person_id].items() if is_forbidden}
        state = _State(
            (until or OPEN_END) if waits else None,
            following == NextList.REFER_HOSPITAL.value,
            frozenset(code for code, name in family.items() if name in families),
        )
        if state != _CLEAR:
            found[person_id] = state
    return found


def _speaks_of_earlier_dose(campaign: Campaign, form_id: str, answers: str) -> bool:
    form = campaign.screening_forms.get(form_id)
    said = json.loads(answers)
    return form is not None and any(row.earlier_dose and bool(said.get(row.id)) for row in form.questions)


def _given_before(conn: Session, campaign: str, ids: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """The products given to some people, each with its day; of which only the year is known it counts in that year."""
    found: dict[str, list[tuple[str, str]]] = {}
    wanted = sorted(ids)
    for start in range(0, len(wanted), _CHUNK):
        rows = conn.execute(
            select(Immunization.person_id, Immunization.product_code, Immunization.occurred).where(
                Immunization.person_id.in_(wanted[start : start + _CHUNK]),
                Immunization.campaign == campaign,
                Immunization.current.is_(True),
                Immunization.status == "completed",
            )
        )
        for person_id, product, occurred in rows:
            found.setdefault(person_id, []).append((product, occurred))
    return found


def booked(conn: Session, day: date) -> dict[str, str]:
    """Who already came to an open session of that day, and where."""
    rows = conn.execute(
        select(Visit.person_id, VaccinationSession.place)
        .join(VaccinationSession, VaccinationSession.id == Visit.session_id)
        .where(
            VaccinationSession.day == day,
            VaccinationSession.closed_at.is_(None),
            Visit.current.is_(True),
            Visit.status == "completed",
        )
    )
    return {person_id: f"{place}, {format_date(day)}" for person_id, place in rows}
