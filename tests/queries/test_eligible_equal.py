"""The quick way to an eligible list says the same as the plain one: person by person, out of the rows, judged alone."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session
from support.station import TestStation, make_station

from vaxdesk.db.tables import (
    Consent,
    Immunization,
    Person,
    PersonGroup,
    PersonTouch,
    Screening,
    VaccinationSession,
    Visit,
)
from vaxdesk.domain import schedule
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.eligibility import OPEN_END, USUAL_ORDER, Due, Facts, Judge, Plan, judge
from vaxdesk.domain.schedule import GivenDose
from vaxdesk.domain.screening_form import NextList
from vaxdesk.queries.eligibility import Eligible

PRODUCTS = ("astrazeneca", "comirnaty", "spikevax", "abdala", "vero-cell", "unheard-of")
ORDERS = (USUAL_ORDER, ("age", "name"), ("place", "due"), ("name",), ("due", "age"), ("group", "place", "age"), ())


@pytest.fixture
def station(tmp_path):
    station = make_station(tmp_path)
    yield station
    station.database.close()


class Crowd:
    """Rows of every kind that a list reads, made by chance."""

    def __init__(self, station: TestStation, seed: int) -> None:
        self.station = station
        self.chance = random.Random(seed)
        self.now = station.clock.now()
        self.today = station.ctx.today()
        self.people: list[str] = []
        self.count = 0

    def fact(self) -> dict[str, Any]:
        self.count += 1
        status = self.chance.choice(("completed",) * 8 + ("entered-in-error", "not-done"))
        return {
            "id": f"fact-{self.count}",
            "record_id": f"fact-{self.count}",
            "current": self.chance.random() < 0.9,
            "status": status,
            "recorded_at": self.now,
            "recorded_by": "",
            "desk": "01",
            "campaign": self.chance.choice(("covid19",) * 9 + ("other",)),
        }

    def moment(self) -> Any:
        return self.now - timedelta(minutes=self.chance.randrange(600_000))

    def new_person(self, conn: Session) -> None:
        chance = self.chance
        self.count += 1
        person = f"{chance.randrange(1 << 32):08x}-{self.count}"
        born = (date(1930, 1, 1) + timedelta(days=chance.randrange(35_000))).isoformat()
        born = born[: chance.choice((4, 7, 10, 10, 10))]
        conn.execute(
            insert(Person).values(
                id=person,
                code=f"code-{self.count}",
                full_name=f"Nguyễn {self.count}",
                name_key=f"{chance.choice(('nguyen', 'lo', 'ca'))} {chance.randrange(20)}",
                birth_date=born,
                birth_year=int(born[:4]),
                sex=chance.choice(("male", "female", "")),
                village=chance.choice(("", "Thôn 1", "Thôn 2", "Ấp Đông", "Ấp Tây")),
                conditions=chance.choice(([], [], [], ["immunodeficiency"])),
                identity_doubts=[],
                created_at=self.now,
                updated_at=self.now,
            )
        )
        self.people.append(person)

    def new_group(self, conn: Session, person: str) -> None:
        self.count += 1
        kind = self.chance.choice(("stated", "stated", "confirmed"))
        code = self.chance.choice(("1", "2", "9", "15", "16", "A1") + (("",) if kind == "confirmed" else ()))
        values = {"person_id": person, "campaign": self.chance.choice(("covid19",) * 5 + ("other",))}
        conn.execute(
            insert(PersonGroup).values(
                id=f"group-{self.count}", group_code=code, kind=kind, at=self.now, user_id="", **values
            )
        )

    def new_consent(self, conn: Session, person: str) -> None:
        answer = self.chance.choice(("given", "given", "refused", "withdrawn"))
        values = {"answer": answer, "by": "self", "how": "paper", "declared": [], "at": self.moment()}
        conn.execute(insert(Consent).values(person_id=person, **values, **self.fact()))

    def new_dose(self, conn: Session, person: str) -> None:
        day = (self.today - timedelta(days=self.chance.randrange(-20, 2300))).isoformat()
        day = day[: self.chance.choice((4, 7, 10, 10, 10, 10, 10))]
        values = {"product_code": self.chance.choice(PRODUCTS), "occurred": day, "dose_number": 1}
        conn.execute(insert(Immunization).values(person_id=person, **values, **self.fact()))

    def new_screening(self, conn: Session, person: str) -> None:
        chance = self.chance
        values = {
            "campaign_version": "1",
            "form": "f",
            "product_code": chance.choice(PRODUCTS),
            "answers": {},
            "vitals": {},
            "decisions": {},
            "conditions": [],
            "capabilities": [],
            "outcomes": [],
            "outcome": "",
            "next_list": chance.choice([one.value for one in NextList]),
            "deferred_until": chance.choice((None, self.today + timedelta(days=chance.randrange(-9, 9)))),
            "at": self.moment(),
        }
        conn.execute(insert(Screening).values(person_id=person, **values, **self.fact()))

    def new_visit(self, conn: Session, person: str) -> None:
        sessions = conn.scalars(select(VaccinationSession.id)).all()
        values = {"session_id": self.chance.choice(sessions), "number": 1, "checked_in_at": self.now}
        fact = {key: value for key, value in self.fact().items() if key != "campaign"}
        conn.execute(insert(Visit).values(person_id=person, identity_how="said", **values, **fact))

    def step(self, conn: Session) -> None:
        """One change of any kind."""
        chance = self.chance
        person = chance.choice(self.people)
        act = chance.randrange(12)
        if act < 6:
            made = (
                self.new_group,
                self.new_consent,
                self.new_dose,
                self.new_dose,
                self.new_screening,
                self.new_visit,
            )
            made[act](conn, person)
        elif act == 6:
            self.new_person(conn)
        elif act == 7:
            other = chance.choice(self.people)
            conn.execute(update(Person).where(Person.id == person).values(merged_into=chance.choice((None, other))))
        elif act == 8:
            conn.execute(update(Person).where(Person.id == person).values(village="Bản mới", birth_date="1999"))
        elif act == 9:
            conn.execute(delete(PersonGroup).where(PersonGroup.person_id == person))
        elif act == 10:
            table = chance.choice((Consent, Immunization, Screening, Visit))
            conn.execute(update(table).where(table.person_id == person).values(current=chance.random() < 0.5))
        else:
            closed = chance.choice((None, self.now))
            session = chance.choice(conn.scalars(select(VaccinationSession.id)).all())
            conn.execute(update(VaccinationSession).where(VaccinationSession.id == session).values(closed_at=closed))


def crowd(station: TestStation, seed: int, size: int) -> Crowd:
    lot = station.lot()
    station.session(lot)
    made = Crowd(station, seed)
    with station.database.writer() as conn:
        conn.execute(
            insert(VaccinationSession).values(
                id="tomorrow",
                campaign="covid19",
                day=made.today + timedelta(days=1),
                part="day",
                place="Trường học",
                product_code="astrazeneca",
                planned_at=made.now,
                planned_by="",
            )
        )
        for _number in range(size):
            made.new_person(conn)
        for person in made.people:
            for make, most in (
                (made.new_group, 3),
                (made.new_consent, 2),
                (made.new_dose, 4),
                (made.new_screening, 2),
                (made.new_visit, 1),
            ):
                for _number in range(made.chance.randrange(most + 1)):
                    make(conn, person)
        conn.commit()
    return made


def plain(station: TestStation, day: date) -> list[Facts]:
    """Everybody's facts, person by person."""
    campaign = station.ctx.campaign()
    found = []
    with station.database.reader() as conn:
        for person in conn.scalars(select(Person).where(Person.merged_into.is_(None)).order_by(Person.id)):

            def standing(table: Any, of: str = person.id) -> list[Any]:
                rows = conn.scalars(select(table).where(table.person_id == of)).all()
                return [row for row in rows if row.current and row.status == "completed"]

            doses = [row for row in standing(Immunization) if row.campaign == "covid19"]
            given = [GivenDose(PartialDate.parse(row.occurred).latest(), row.product_code) for row in doses]
            birth = PartialDate.parse(person.birth_date)
            judged = schedule.evaluate(campaign, birth, person.sex, given, day, person.conditions)
            groups = [
                row
                for row in conn.scalars(select(PersonGroup).where(PersonGroup.person_id == person.id))
                if row.campaign == "covid19"
            ]
            confirmed = {row.group_code for row in groups if row.kind == "confirmed"}
            stated = {row.group_code for row in groups if row.kind == "stated"}
            answers = sorted((row.at, row.answer) for row in standing(Consent) if row.campaign == "covid19")
            screened = [row for row in standing(Screening) if row.campaign == "covid19"]
            here = [
                session
                for row in standing(Visit)
                if (session := conn.get(VaccinationSession, row.session_id)).day == day and session.closed_at is None
            ]
            upcoming = judged.next
            found.append(
                Facts(
                    person.id,
                    birth.latest(),
                    person.name_key,
                    person.village,
                    frozenset(confirmed - {""} if confirmed else stated),
                    bool(confirmed),
                    answers[-1][1] if answers else "not_asked",
                    upcoming.number if upcoming else 0,
                    tuple(Due(o.product, o.earliest, o.latest, o.agreement) for o in upcoming.options)
                    if upcoming
                    else (),
                    judged.complete,
                    *left_behind(campaign, screened),
                    f"{here[-1].place}, {format_date(day)}" if here else "",
                )
            )
    return found


def left_behind(campaign: Any, screened: list[Screening]) -> tuple[date | None, bool, frozenset[str]]:
    """What the screenings say: deferred until, referred, and the products that must not be given."""
    ordered = sorted(screened, key=lambda row: row.at)
    if not ordered:
        return None, False, frozenset()
    last = ordered[-1]
    families = {code: product.family for code, product in campaign.products.items()}
    said: dict[str, str] = {}
    for row in ordered:
        said[families.get(row.product_code, row.product_code)] = row.next_list
    forbidden = {name for name, next_list in said.items() if next_list == NextList.CONTRAINDICATED}
    waits = last.next_list in (NextList.RECALL, NextList.PHYSICIAN)
    return (
        (last.deferred_until or OPEN_END) if waits else None,
        last.next_list == NextList.REFER_HOSPITAL,
        frozenset(code for code, family in families.items() if family in forbidden),
    )


def plans(crowd: Crowd, day: date) -> list[Plan]:
    chance = crowd.chance
    called = (frozenset(), frozenset(("1", "9")), frozenset(("15", "A1", "3")))
    return [Plan(chance.choice(PRODUCTS[:4]), day, chance.choice(called), order=order) for order in ORDERS]


def check(source: Eligible, crowd: Crowd, day: date) -> None:
    """Facts, lists and first pages of ``source`` are those of the plain way and of a source that knows nothing."""
    station = crowd.station
    campaign = station.ctx.campaign()
    people = plain(station, day)
    assert source.facts(campaign, day) == people
    ranks = campaign.priority.ranks_on(day)
    for plan in plans(crowd, day):
        answers = [judge(facts, plan, ranks) for facts in people]
        listed = sorted((found for found in answers if found.eligible), key=lambda found: found.key)
        assert source.page(campaign, plan, 7) == listed[:7], plan
        assert Eligible(station.database).page(campaign, plan, 7) == listed[:7], plan
        assert source.listed(campaign, plan) == listed, plan
        assert source.page(campaign, plan, 7) == listed[:7], plan
    one = crowd.chance.choice(people)
    told = source.why(campaign, plan, one.person_id)
    assert told is not None
    assert told[0] == Judge(plan, ranks)(one)


@pytest.mark.parametrize("seed", range(3))
def test_the_quick_way_says_what_the_plain_one_says(station: TestStation, seed: int) -> None:
    made = crowd(station, seed, 120)
    source = Eligible(station.database)
    for days in (0, 1):
        check(source, made, made.today + timedelta(days=days))


@pytest.mark.parametrize("seed", range(3))
def test_after_any_change_only_who_changed_is_read_and_everybody_is_right(
    station: TestStation, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = crowd(station, 100 + seed, 60)
    source = Eligible(station.database)
    campaign, day = station.ctx.campaign(), made.today
    plan = Plan("astrazeneca", day, frozenset(("1", "9", "15")))
    source.listed(campaign, plan)
    whole = []
    from vaxdesk.queries import eligible_facts

    read = eligible_facts.everybody
    monkeypatch.setattr(eligible_facts, "everybody", lambda *args: whole.append(1) or read(*args))
    for _round in range(25):
        with station.database.writer() as conn:
            for _number in range(made.chance.randrange(1, 4)):
                made.step(conn)
            conn.commit()
        fresh = Eligible(station.database)
        expected = fresh.listed(campaign, plan)
        whole.clear()
        assert source.listed(campaign, plan) == expected
        assert source.facts(campaign, day) == fresh.facts(campaign, day)
        assert not whole
    check(source, made, day)
    with station.database.writer() as conn:
        conn.execute(delete(PersonTouch))
        conn.execute(update(Person).values(village="Nơi khác"))
        conn.execute(delete(PersonTouch))
        conn.commit()
    whole.clear()
    assert {facts.place_key for facts in source.facts(campaign, day)} == {"Nơi khác"}
    assert whole


def test_what_is_put_in_order_is_not_put_in_order_again(station: TestStation, monkeypatch: pytest.MonkeyPatch) -> None:
    made = crowd(station, 7, 60)
    source = Eligible(station.database)
    campaign, plan = station.ctx.campaign(), Plan("astrazeneca", made.today)
    with station.database.reader() as conn:
        before = source.ranked(conn, campaign, plan)
    judged: list[str] = []
    judge_one = before.judge
    monkeypatch.setattr(before, "judge", lambda facts: judged.append(facts.person_id) or judge_one(facts))
    with station.database.writer() as conn:
        conn.execute(update(Person).where(Person.id == made.people[3]).values(village="Thôn 9"))
        conn.commit()
    with station.database.reader() as conn:
        assert source.ranked(conn, campaign, plan) is before
    assert judged == [made.people[3]]
    assert before.villages()["Thôn 9"] in (0, 1)
    assert [entry.key for entry in before.listed] == sorted(entry.key for entry in before.listed)
