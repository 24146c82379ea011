"""The first people of a list without judging the rest: by batches that follow the first word of the plan's order.

A batch says up to which value of that word everybody has been seen with it; as soon as enough people up to there are
in, nobody else can come before them.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from vaxdesk.db.tables import Person, PersonGroup
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.eligibility import NO_RANK, Eligibility, Facts, Judge, Plan
from vaxdesk.queries.eligible_facts import Look, Memory, some

Found = tuple[Eligibility, Facts]
#: Up to which value of the order's first word everybody has been seen (None: everybody at all), and the people.
Batch = tuple[Any, Iterable[Facts]]
#: How many people a batch from the file has at least, where the order is not by group.
_BATCH = 3000
_LEADING = {"age": attrgetter("birth"), "place": attrgetter("place_key"), "name": attrgetter("name_key")}


def best(batches: Iterable[Batch], judge: Judge, size: int, here: frozenset[str] = frozenset()) -> list[Found]:
    """The first ``size`` people who are in, in order; a booking of those who are ``here`` is none."""
    found: dict[str, tuple[tuple[Any, ...], Facts, Eligibility]] = {}
    for bound, people in batches:
        for facts in people:
            if facts.booked and facts.person_id in here:
                facts = facts._replace(booked="")
            told = judge(facts)
            if told.eligible:
                found[facts.person_id] = (told.key, facts, told)
        if bound is None or sum(entry[0][0] <= bound for entry in found.values()) >= size:
            break
    # Keys end with the person's id: facts are never compared.
    return [(told, facts) for _key, facts, told in heapq.nsmallest(size, found.values())]


def in_memory(people: Collection[Facts], plan: Plan, judge: Judge) -> Iterator[Batch]:
    """Batches of people whose facts are at hand."""
    first = plan.order[0] if plan.order else ""
    if first == "group":
        sets: dict[frozenset[str], list[Facts]] = {}
        for facts in people:
            sets.setdefault(facts.groups, []).append(facts)
        by_rank: dict[int, list[list[Facts]]] = {}
        for groups, members in sets.items():
            by_rank.setdefault(judge.rank(groups), []).append(members)
        for rank in sorted(by_rank):
            yield rank, (facts for members in by_rank[rank] for facts in members)
    elif first in _LEADING:
        leading = _LEADING[first]
        yield from groupby(sorted(people, key=leading), leading)
    else:
        yield None, people


def in_file(
    conn: Session,
    histories: Memory,
    plan: Plan,
    ranks: Mapping[str, int],
    everybody: Iterable[Facts],
    look: Look | None = None,
) -> Iterator[Batch]:
    """Batches read from the file; ``everybody`` is taken only where the order or the plan needs all. ``look`` may raise
    to stop."""
    first = plan.order[0] if plan.order else ""
    if first == "group":
        by_rank: dict[int, list[str]] = {}
        for code in plan.groups or ranks:
            by_rank.setdefault(ranks.get(code, NO_RANK), []).append(code)
        for rank in sorted(by_rank):
            yield rank, some(conn, histories, _with_group(histories.campaign, by_rank[rank]), look).values()
        if plan.groups:
            return
    elif first in ("age", "place", "name"):
        yield from _by_column(conn, histories, first, look)
        return
    yield None, everybody


def _with_group(campaign: Campaign, codes: Sequence[str]) -> ColumnElement[bool]:
    """Who stated one of these groups or has it confirmed; which of them counts is judged later."""
    members = select(PersonGroup.person_id).where(
        PersonGroup.campaign == campaign.code, PersonGroup.group_code.in_(codes)
    )
    return Person.id.in_(members)


def _by_column(conn: Session, histories: Memory, first: str, look: Look | None) -> Iterator[Batch]:
    """Ranges of a column that rises as the order does, cut where its value changes."""
    column: Any = {"age": Person.birth_year, "place": Person.village, "name": Person.name_key}[first]
    last: Any = None
    while True:
        after = Person.merged_into.is_(None) if last is None else column > last
        upper = conn.scalar(select(column).where(after).order_by(column).offset(_BATCH).limit(1))
        if upper is None:
            upper = conn.scalar(select(func.max(column)))
        if upper is None or upper == last:
            return
        within = column <= upper if last is None else (column > last) & (column <= upper)
        yield date(upper, 12, 31) if first == "age" else upper, some(conn, histories, within, look).values()
        last = upper
