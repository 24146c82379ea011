"""The eligible list as a session shows and prints it: everybody, in and out, with reasons in words, page by page.

Everybody is judged once for a plan, and then only who changed; filters choose from what was judged, and particulars
are read for the rows on the screen only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import chain, islice, repeat

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from vaxdesk import i18n
from vaxdesk.db.engine import Database
from vaxdesk.db.tables import Person, Visit
from vaxdesk.domain import names
from vaxdesk.domain.age_limits import age_reason
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.eligibility import Eligibility, Facts, Plan, Reason, Why, reasons
from vaxdesk.domain.priority import Priority
from vaxdesk.queries.eligibility import STEP, Eligible
from vaxdesk.queries.eligible_ranked import Entry, Ranked

#: Told how far the work is (done, in all); raises to stop it.
Watch = Callable[[int, int], None]
PAGE = 200
_CHUNK = 500
#: Reasons behind which the person's age may stand.
_BY_AGE = frozenset({Why.OTHER_PRODUCT, Why.NOT_DUE, Why.NOTHING_DUE})
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


class SessionList:
    """The lists of one open file. Keep it as long as the file is open: it holds the caches. Threads take turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._eligible = Eligible(database)
        self._lock = threading.Lock()

    def first(
        self, campaign: Campaign, plan: Plan, session_id: str, watch: Watch | None = None, size: int = 50
    ) -> tuple[ListRow, ...]:
        """The first people of the list, before everybody is read or put in order. Raises what ``watch`` raises."""
        with self._lock, self._database.reader() as conn:
            here = _here(conn, session_id)
            look = _Progress(conn, watch).read if watch is not None else None
            found = self._eligible.first(conn, campaign, plan, size, here, look)
            best = [(place, facts, told) for place, (told, facts) in enumerate(found, 1)]
            return _rows(conn, campaign, plan, best, here)

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
            here = _here(conn, session_id)
            progress = _Progress(conn, watch) if watch is not None else None
            ranked = self._eligible.ranked(
                conn,
                campaign,
                plan,
                here,
                progress.read if progress is not None else None,
                progress.judged if progress is not None else None,
            )
            chosen, matching = _chosen(ranked, wanted, start, size)
            rows = _rows(conn, campaign, plan, chosen, here)
            ranks = (campaign.priority or _NO_PRIORITY).ranks_on(plan.day)
            villages = sorted(ranked.villages().items(), key=lambda item: names.fold(item[0]))
            groups = sorted(ranked.groups(), key=lambda code: (ranks.get(code, len(ranks) + 1), code))
            return ListPage(rows, matching, len(ranked.listed), len(ranked.others), tuple(villages), tuple(groups))

    def rows(
        self, campaign: Campaign, plan: Plan, session_id: str, wanted: Wanted, count: int, watch: Watch | None = None
    ) -> tuple[ListRow, ...]:
        """The first ``count`` people of a choice: what is printed."""
        return self.page(campaign, plan, session_id, wanted, 0, count, watch).rows


class _Progress:
    """Tells how far reading (the first half) and judging (the second) are."""

    def __init__(self, conn: Session, watch: Watch) -> None:
        self._watch = watch
        watch(0, 0)
        self._people = conn.scalar(select(func.count()).select_from(Person)) or 0
        self._read = -STEP

    def read(self) -> None:
        """Some more people were read."""
        self._read += STEP
        self._watch(self._read, 2 * self._people)

    def judged(self, people: int) -> None:
        """So many people are judged."""
        self._watch(self._people + people, 2 * self._people)


#: A person's place in the list (0: not on it), the facts and the answer.
_Placed = tuple[int, Facts, Eligibility]


def _chosen(ranked: Ranked, wanted: Wanted, start: int, size: int) -> tuple[Sequence[_Placed], int]:
    """One page of a choice and how many people fit it."""
    words = names.key(wanted.name).split()
    listed = enumerate(ranked.listed, 1) if wanted.side is not Side.OUT else ()
    others = zip(repeat(0), ranked.others, strict=False) if wanted.side is not Side.IN else ()
    pool: Iterable[tuple[int, Entry]] = chain(listed, others)
    if wanted.village is not None or wanted.group is not None or words:
        fitting = [placed for placed in pool if _fits(placed[1], wanted, words)]
        matching, page = len(fitting), fitting[start : start + size]
    else:
        matching = len(ranked.listed) * (wanted.side is not Side.OUT) + len(ranked.others) * (
            wanted.side is not Side.IN
        )
        page = list(islice(pool, start, start + size))
    return [(number, entry.facts, entry.found) for number, entry in page], matching


def _fits(entry: Entry, wanted: Wanted, words: Sequence[str]) -> bool:
    facts = entry.facts
    if wanted.village is not None and facts.place_key != wanted.village:
        return False
    if wanted.group is not None and entry.found.group != wanted.group:
        return False
    year = str(facts.birth.year)
    return all(word in facts.name_key or word == year for word in words)


def _here(conn: Session, session_id: str) -> frozenset[str]:
    return frozenset(
        conn.scalars(
            select(Visit.person_id).where(
                Visit.session_id == session_id, Visit.current.is_(True), Visit.status == "completed"
            )
        )
    )


def _rows(
    conn: Session, campaign: Campaign, plan: Plan, placed: Sequence[_Placed], here: frozenset[str]
) -> tuple[ListRow, ...]:
    people: dict[str, Person] = {}
    ids = [facts.person_id for _number, facts, _found in placed]
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        people.update({person.id: person for person in conn.scalars(select(Person).where(Person.id.in_(chunk)))})
    return tuple(
        _row(campaign, plan, one, people[one[1].person_id], one[1].person_id in here)
        for one in placed
        if one[1].person_id in people
    )


def _row(campaign: Campaign, plan: Plan, placed: _Placed, person: Person, arrived: bool) -> ListRow:
    number, facts, found = placed
    option = next((due for due in facts.due if due.product == plan.product), None)
    told = [_labelled(campaign, reason) for reason in reasons(found, facts, plan, campaign.priority or _NO_PRIORITY)]
    against = found.against
    product = campaign.products.get(plan.product)
    if product is not None and _BY_AGE.intersection(against):
        age = age_reason(product, facts.birth, person.sex, plan.day, product.label.text(i18n.language()))
        if age is not None:
            told, against = [age, *told], (Why.AGE, *against)
    return ListRow(
        person_id=person.id,
        number=number,
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
        reasons=tuple(told),
        against=against,
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
