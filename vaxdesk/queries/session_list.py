"""The eligible list as a session shows and prints it: everybody, in and out, with reasons in words, page by page.

Judging is done once for a state of the file and a plan; filters then choose from what was judged, and particulars are
read for the rows on the screen only.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk import i18n
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Person, Visit
from vaxdesk.domain import names
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.eligibility import Eligibility, Facts, Judge, Plan, Reason, Why, reasons
from vaxdesk.domain.priority import Priority
from vaxdesk.queries.eligibility import STEP, Eligible

#: Told how far the work is (done, in all); raises to stop it.
Watch = Callable[[int, int], None]
PAGE = 200
_CHUNK = 500
_NO_PRIORITY = Priority((), (), ())


class Side(StrEnum):
    """Which part of the people is shown."""

    IN = "in"
    OUT = "out"
    ALL = "all"


@dataclass(frozen=True)
class Wanted:
    """A choice out of the list. ``village`` and ``group`` None: all; an empty text: those without one.

    ``name`` holds words of a name or a birth year, in any order, with or without accents.
    """

    side: Side = Side.IN
    village: str | None = None
    group: str | None = None
    name: str = ""


@dataclass(frozen=True)
class ListRow:
    """One person. ``number`` is the place in the whole list, 0 for those who are not on it.

    ``since`` is the earliest day for the plan's product, None where the product may not be the next dose; ``reasons``
    say why in or why not, the decisive ones first; ``arrived`` that the person was checked in to this session.
    """

    person_id: str
    number: int
    code: str
    full_name: str
    birth_date: str
    sex: str
    village: str
    phone: str
    eligible: bool
    group: str
    dose: int
    since: date | None
    reasons: tuple[Reason, ...]
    against: tuple[Why, ...] = ()
    notes: tuple[Why, ...] = ()
    arrived: bool = False


@dataclass(frozen=True)
class ListPage:
    """One page of a choice, with what can be chosen from. ``villages`` carry how many of their people are listed."""

    rows: tuple[ListRow, ...]
    matching: int
    listed: int
    left_out: int
    villages: tuple[tuple[str, int], ...]
    groups: tuple[str, ...]


class _Entry(NamedTuple):
    key: tuple[object, ...]
    facts: Facts
    found: Eligibility
    number: int = 0


@dataclass(frozen=True)
class _Judged:
    listed: tuple[_Entry, ...]
    others: tuple[_Entry, ...]
    villages: tuple[tuple[str, int], ...]
    groups: tuple[str, ...]
    here: frozenset[str]


class SessionList:
    """The lists of one open file. Keep it as long as the file is open: it holds the caches. Threads take turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._eligible = Eligible(database)
        self._lock = threading.Lock()
        self._judged: _Judged | None = None
        self._judged_for: object = None

    def first(
        self, campaign: Campaign, plan: Plan, session_id: str, watch: Watch | None = None, size: int = 50
    ) -> tuple[ListRow, ...]:
        """The first people of the list, before everybody is put in order. Raises what ``watch`` raises."""
        with self._lock, self._database.reader() as conn:
            here = _here(conn, session_id)
            people = _unbooked(self._facts(conn, campaign, plan, watch), here)
            judge = _judge(campaign, plan)
            # Keys end with the person's id: facts are never compared.
            found = ((told.key, facts, told) for facts in people if (told := judge(facts)).eligible)
            best = heapq.nsmallest(size, found)
            entries = [_Entry(*entry, place) for place, entry in enumerate(best, 1)]
            return _rows(conn, campaign, plan, entries, here)

    def page(
        self,
        campaign: Campaign,
        plan: Plan,
        session_id: str,
        wanted: Wanted,
        start: int = 0,
        size: int = PAGE,
        watch: Watch | None = None,
    ) -> ListPage:
        """One page of a choice. Raises what ``watch`` raises; nothing half-judged is kept."""
        with self._lock, self._database.reader() as conn:
            judged = self._all(conn, campaign, plan, session_id, watch)
            chosen = _chosen(judged, wanted)
            rows = _rows(conn, campaign, plan, chosen[start : start + size], judged.here)
            return ListPage(rows, len(chosen), len(judged.listed), len(judged.others), judged.villages, judged.groups)

    def rows(
        self, campaign: Campaign, plan: Plan, session_id: str, wanted: Wanted, count: int, watch: Watch | None = None
    ) -> tuple[ListRow, ...]:
        """The first ``count`` people of a choice: what is printed."""
        return self.page(campaign, plan, session_id, wanted, 0, count, watch).rows

    def _all(self, conn: Session, campaign: Campaign, plan: Plan, session_id: str, watch: Watch | None) -> _Judged:
        key = (self._database.data_version(), campaign.code, campaign.version, plan, session_id)
        if self._judged is None or self._judged_for != key:
            here = _here(conn, session_id)
            self._judged = _judge_all(self._facts(conn, campaign, plan, watch), campaign, plan, here, watch)
            self._judged_for = key
        return self._judged

    def _facts(self, conn: Session, campaign: Campaign, plan: Plan, watch: Watch | None) -> Sequence[Facts]:
        if watch is None:
            return self._eligible.facts(campaign, plan.day)
        watch(0, 0)
        total = 2 * (conn.scalar(select(func.count()).select_from(Person)) or 0)
        done = -STEP

        def look() -> bool:
            nonlocal done
            done += STEP
            watch(done, total)
            return False

        return self._eligible.facts(campaign, plan.day, look)


def _judge(campaign: Campaign, plan: Plan) -> Judge:
    priority = campaign.priority or _NO_PRIORITY
    return Judge(plan, priority.ranks_on(plan.day))


def _judge_all(
    people: Sequence[Facts], campaign: Campaign, plan: Plan, here: frozenset[str], watch: Watch | None
) -> _Judged:
    judge = _judge(campaign, plan)
    listed: list[_Entry] = []
    others: list[_Entry] = []
    for place, facts in enumerate(_unbooked(people, here)):
        if watch is not None and place % STEP == 0:
            watch(len(people) + place, 2 * len(people))
        found = judge(facts)
        (listed if found.eligible else others).append(_Entry(found.key, facts, found))
    first = itemgetter(0)
    listed.sort(key=first)
    others.sort(key=first)
    villages: dict[str, int] = {}
    for entry in listed:
        villages[entry.facts.place_key] = villages.get(entry.facts.place_key, 0) + 1
    for entry in others:
        villages.setdefault(entry.facts.place_key, 0)
    ranks = (campaign.priority or _NO_PRIORITY).ranks_on(plan.day)
    groups = {entry.found.group for entry in (*listed, *others)}
    return _Judged(
        tuple(entry._replace(number=place) for place, entry in enumerate(listed, 1)),
        tuple(others),
        tuple(sorted(villages.items(), key=lambda item: names.fold(item[0]))),
        tuple(sorted(groups, key=lambda code: (ranks.get(code, len(ranks) + 1), code))),
        here,
    )


def _chosen(judged: _Judged, wanted: Wanted) -> Sequence[_Entry]:
    pool = {Side.IN: judged.listed, Side.OUT: judged.others, Side.ALL: judged.listed + judged.others}[wanted.side]
    words = names.key(wanted.name).split()
    if wanted.village is None and wanted.group is None and not words:
        return pool
    return [entry for entry in pool if _fits(entry, wanted, words)]


def _fits(entry: _Entry, wanted: Wanted, words: Sequence[str]) -> bool:
    facts = entry.facts
    if wanted.village is not None and facts.place_key != wanted.village:
        return False
    if wanted.group is not None and entry.found.group != wanted.group:
        return False
    year = str(facts.birth.year)
    return all(word in facts.name_key or word == year for word in words)


def _unbooked(people: Sequence[Facts], here: frozenset[str]) -> Sequence[Facts]:
    """Somebody who came to this very session stands on no other list."""
    booked = [place for place, facts in enumerate(people) if facts.booked and facts.person_id in here]
    if not booked:
        return people
    freed = list(people)
    for place in booked:
        freed[place] = freed[place]._replace(booked="")
    return freed


def _here(conn: Session, session_id: str) -> frozenset[str]:
    return frozenset(
        conn.scalars(
            select(Visit.person_id).where(
                Visit.session_id == session_id, Visit.current.is_(True), Visit.status == "completed"
            )
        )
    )


def _rows(
    conn: Session, campaign: Campaign, plan: Plan, entries: Sequence[_Entry], here: frozenset[str]
) -> tuple[ListRow, ...]:
    people: dict[str, Person] = {}
    ids = [entry.facts.person_id for entry in entries]
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        people.update({person.id: person for person in conn.scalars(select(Person).where(Person.id.in_(chunk)))})
    return tuple(
        _row(campaign, plan, entry, people[entry.facts.person_id], entry.facts.person_id in here)
        for entry in entries
        if entry.facts.person_id in people
    )


def _row(campaign: Campaign, plan: Plan, entry: _Entry, person: Person, arrived: bool) -> ListRow:
    facts, found = entry.facts, entry.found
    option = next((due for due in facts.due if due.product == plan.product), None)
    told = reasons(found, facts, plan, campaign.priority or _NO_PRIORITY)
    return ListRow(
        person_id=person.id,
        number=entry.number,
        code=person.code,
        full_name=person.full_name,
        birth_date=person.birth_date,
        sex=person.sex,
        village=person.village,
        phone=person.phone or person.guardian_phone,
        eligible=found.eligible,
        group=found.group,
        dose=facts.number,
        since=option.earliest if option is not None else None,
        reasons=tuple(_labelled(campaign, reason) for reason in told),
        against=found.against,
        notes=found.notes,
        arrived=arrived,
    )


def _labelled(campaign: Campaign, reason: Reason) -> Reason:
    """Products by their labels: codes are for machines."""
    if reason.code is not Why.OTHER_PRODUCT:
        return reason
    codes = str(reason.values["products"]).split(", ")
    labels = [
        campaign.products[code].label.text(i18n.language()) if code in campaign.products else code for code in codes
    ]
    return Reason(reason.code, {"products": ", ".join(labels)})
