"""Rows of a big station as the services leave them, written in one go: people in no order, sessions, doses, papers."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import insert
from support.station import PRODUCT, TestStation

from vaxdesk.clock import VIET_NAM
from vaxdesk.db.tables import (
    Certificate,
    Consent,
    Immunization,
    Lot,
    Person,
    PersonGroup,
    Print,
    Registration,
    Release,
    Screening,
    StockMovement,
    VaccinationSession,
    Visit,
)

_SPACE = uuid.UUID("6f0d6a3e-3a55-4f0e-9d0b-1d8f4f2b7a10")
#: Of so many people: one named by hardly any other name, so that orders are real.
_NAMES = ("nguyen van", "nguyen thi", "lo van", "quang thi", "ca van", "tong thi", "vi van", "hoang thi")


def ident(kind: str, number: int, part: int = 0) -> str:
    """An id as the device makes them, in no order, and the same in every run."""
    return str(uuid.uuid5(_SPACE, f"{kind}/{number}/{part}"))


def fact(station: TestStation) -> dict[str, Any]:
    """What all facts share."""
    return {
        "version": 1,
        "current": True,
        "status": "completed",
        "change_reason": "",
        "recorded_at": station.clock.now(),
        "recorded_by": "",
        "desk": "01",
        "origin": "desk",
    }


def person_row(station: TestStation, number: int, born: date, sex: str) -> dict[str, Any]:
    """One person of a village."""
    now = station.clock.now()
    return {
        "id": ident("person", number),
        "code": f"code-{number}",
        "full_name": f"Nguyễn Văn {number}",
        "name_key": f"{_NAMES[number % len(_NAMES)]} {number}",
        "birth_date": born.isoformat(),
        "birth_year": born.year,
        "sex": sex,
        "village": f"Thôn {number % 17}",
        "identity_doubts": [],
        "created_at": now,
        "updated_at": now,
    }


def commune(station: TestStation, size: int) -> None:
    """People of every age with groups, consents and doses seen on paper, hardly two with the same history."""
    chance = random.Random(7)
    now, today = station.clock.now(), station.ctx.today()
    people, groups, consents, doses = [], [], [], []
    for number in range(size):
        born = date(1930, 1, 1) + timedelta(days=chance.randrange(28000))
        people.append(person_row(station, number, born, chance.choice(("male", "female"))))
        person = people[-1]["id"]
        groups.append(
            {
                "id": ident("group", number),
                "person_id": person,
                "campaign": "covid19",
                "group_code": str(chance.randrange(1, 17)),
                "kind": "stated",
                "at": now,
                "user_id": "",
            }
        )
        answer = "refused" if chance.random() < 0.05 else "given"
        consents.append(_consent(station, number, person, answer))
        given = today - timedelta(days=chance.randrange(1, 1500))
        for dose in range(chance.choice((0, 0, 1, 2, 2, 3)) if born.year < 2000 else 0):
            doses.append(
                {
                    "id": ident("dose", number, dose),
                    "record_id": ident("dose", number, dose),
                    "person_id": person,
                    "campaign": "covid19",
                    "product_code": PRODUCT,
                    "occurred": (given + timedelta(days=60 * dose)).isoformat(),
                    "dose_number": dose + 1,
                    **fact(station),
                }
            )
    _store(station, (Person, people), (PersonGroup, groups), (Consent, consents), (Immunization, doses))


def _consent(station: TestStation, number: int, person: str, answer: str, visit: str | None = None) -> dict[str, Any]:
    return {
        "id": ident("consent", number),
        "record_id": ident("consent", number),
        "person_id": person,
        "visit_id": visit,
        "campaign": "covid19",
        "answer": answer,
        "by": "self",
        "how": "paper",
        "declared": [],
        "at": station.clock.now(),
        **fact(station),
    }


def vaccinated(station: TestStation, size: int, a_session: int = 300, waiting: float = 0.02) -> None:
    """``size`` people with two doses given and observed here and a printed paper that names them.

    ``waiting``: the share that still waits for its paper: a third has none, a third none that names the second dose,
    a third one that was never printed. One paper in fifty was revoked by a correction; half of those were followed.
    """
    chance = random.Random(11)
    lot = ident("lot", 1)
    _store(
        station,
        (
            Lot,
            [
                {
                    "id": lot,
                    "product_code": PRODUCT,
                    "number": "ABX3107",
                    "expiry": station.ctx.today() + timedelta(days=120),
                    "created_at": station.clock.now(),
                }
            ],
        ),
    )
    rounds = 2
    days = -(-size // a_session)
    first = station.ctx.today() - timedelta(days=rounds * days + 1)
    sessions = [_session(station, number, first + timedelta(days=number), lot) for number in range(rounds * days)]
    people, visits, consents, screenings, doses, releases, papers, prints, wishes, stock = _rows(10)
    for number in range(size):
        people.append(person_row(station, number, date(1940, 1, 1) + timedelta(days=chance.randrange(20000)), "male"))
        person = people[-1]["id"]
        consents.append(_consent(station, number, person, "given"))
        wishes.append(
            {
                "id": ident("wish", number),
                "person_id": person,
                "campaign": "covid19",
                "source": "desk",
                "registered_at": station.clock.now(),
                "state": "approved",
                "details": {},
            }
        )
        for part in range(rounds):
            session = sessions[number // a_session + part * days]
            at = datetime.combine(session["day"], time(8), VIET_NAM) + timedelta(seconds=40 * (number % a_session))
            visit = ident("visit", number, part)
            visits.append(
                {
                    "id": visit,
                    "record_id": visit,
                    "session_id": session["id"],
                    "person_id": person,
                    "number": number % a_session + 1,
                    "checked_in_at": at,
                    "identity_how": "card",
                    **fact(station),
                }
            )
            screenings.append(_screening(station, number, part, person, visit, at))
            doses.append(_dose(station, number, part, person, visit, session, lot, at))
            stock.append(_used(station, doses[-1]))
            releases.append(
                {
                    "id": ident("release", number, part),
                    "record_id": ident("release", number, part),
                    "person_id": person,
                    "visit_id": visit,
                    "released_at": at + timedelta(minutes=31),
                    **fact(station),
                }
            )
        for paper, printed in _papers(station, number, person, doses[-rounds:], chance, waiting):
            papers.append(paper)
            if printed:
                prints.append(
                    {
                        "id": ident("print", number, len(prints)),
                        "kind": "certificate",
                        "certificate_id": paper["id"],
                        "person_id": person,
                        "pages": 1,
                        "at": paper["issued_at"],
                        "user_id": "",
                    }
                )
    _store(station, (VaccinationSession, sessions), (Person, people), (Consent, consents), (Visit, visits))
    _store(station, (Screening, screenings), (Immunization, doses), (Release, releases))
    _store(station, (Certificate, papers), (Print, prints), (Registration, wishes), (StockMovement, stock))


def _used(station: TestStation, dose: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(_SPACE, "used " + dose["id"])),
        "record_id": str(uuid.uuid5(_SPACE, "used " + dose["id"])),
        "lot_id": dose["lot_id"],
        "session_id": dose["session_id"],
        "immunization_id": dose["id"],
        "kind": "used",
        "doses": -1,
        "occurred_at": dose["occurred_at"],
        **fact(station),
    }


def _rows(count: int) -> Iterator[list[dict[str, Any]]]:
    return (list[dict[str, Any]]() for _place in range(count))


def _session(station: TestStation, number: int, day: date, lot: str) -> dict[str, Any]:
    return {
        "id": ident("session", number),
        "campaign": "covid19",
        "day": day,
        "part": "day",
        "place": "Trạm Y tế xã Mường Lạn",
        "capacity": 300,
        "called_groups": [],
        "list_order": [],
        "product_code": PRODUCT,
        "lot_id": lot,
        "planned_at": station.clock.now(),
        "planned_by": "",
        "closed_at": station.clock.now(),
    }


def _screening(station: TestStation, number: int, part: int, person: str, visit: str, at: datetime) -> dict[str, Any]:
    return {
        "id": ident("screening", number, part),
        "record_id": ident("screening", number, part),
        "person_id": person,
        "visit_id": visit,
        "campaign": "covid19",
        "campaign_version": "1",
        "form": "adult-5785",
        "product_code": PRODUCT,
        "answers": {str(item): False for item in range(1, 9)},
        "vitals": {"temperature": 36.6},
        "decisions": {},
        "conditions": [],
        "capabilities": [],
        "outcomes": ["inject"],
        "outcome": "inject",
        "next_list": "inject",
        "at": at,
        **fact(station),
    }


def _dose(
    station: TestStation,
    number: int,
    part: int,
    person: str,
    visit: str,
    session: dict[str, Any],
    lot: str,
    at: datetime,
) -> dict[str, Any]:
    return {
        "id": ident("given", number, part),
        "record_id": ident("given", number, part),
        "person_id": person,
        "visit_id": visit,
        "session_id": session["id"],
        "campaign": "covid19",
        "product_code": PRODUCT,
        "lot_id": lot,
        "lot_number": "ABX3107",
        "occurred": session["day"].isoformat(),
        "occurred_at": at,
        "dose_number": part + 1,
        "evidence": "here",
        **fact(station),
    }


def _papers(
    station: TestStation,
    number: int,
    person: str,
    doses: list[dict[str, Any]],
    chance: random.Random,
    waiting: float,
) -> Iterator[tuple[dict[str, Any], bool]]:
    """A person's papers, each with whether it was printed."""
    fate = chance.random() / waiting
    if fate < 1 / 3:
        return
    revoked = chance.random() < 0.02
    named = doses[:1] if fate < 2 / 3 else doses
    if revoked:
        yield _paper(station, number, 0, person, doses, station.clock.now()), True
        if chance.random() < 0.5:
            return
    yield _paper(station, number, 1, person, named), not 2 / 3 <= fate < 1


def _paper(
    station: TestStation,
    number: int,
    part: int,
    person: str,
    doses: list[dict[str, Any]],
    revoked_at: datetime | None = None,
) -> dict[str, Any]:
    lines = [{"day": dose["occurred"], "product": dose["product_code"], "lot": "ABX3107"} for dose in doses]
    return {
        "id": ident("paper", number, part),
        "person_id": person,
        "visit_id": doses[-1]["visit_id"],
        "campaign": "covid19",
        "number": f"14001-01-{number * 2 + part:06d}",
        "desk": "01",
        "kind": "station",
        "uvci": f"URN:UVCI:01:VN:14001/{number}#{part}",
        "hc1": "HC1:" + "6BFOXN*TS0BI$ZDYSH" * 12,
        "code_until": station.clock.now() + timedelta(days=150),
        "no_code_reasons": [],
        "content": {"name": f"Nguyễn Văn {number}", "doses": lines, "head": ["UBND", "TYT"], "words": "x" * 600},
        "dose_records": [[dose["record_id"], 1] for dose in doses],
        "issued_at": doses[-1]["occurred_at"] + timedelta(minutes=32),
        "issued_by": "",
        "replaced_by": None,
        "revoked_at": revoked_at,
        "revoked_reason": "sai tên" if revoked_at is not None else "",
    }


def _store(station: TestStation, *tables: tuple[type, list[dict[str, Any]]]) -> None:
    with station.database.writer() as session:
        for table, rows in tables:
            for start in range(0, len(rows), 5000):
                session.execute(insert(table), rows[start : start + 5000])
        session.commit()
