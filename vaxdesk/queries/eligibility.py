"""Everybody's facts for the eligible list, kept in memory and brought up to date by the people who changed.

What is read and judged is kept for one pack and day; notes that the file keeps (``db.touches``) say whose record
changed since. All of it may be thrown away at any time and never travels.

Measured for 100,000 people whose histories nearly all differ, one core of a 2-core machine
(``tests/benchmarks/test_eligibility_speed.py``), others working on it: 2.9 s cold, 0.03 s after a change, first page
of what is at hand 3 ms, with nothing read 0.4 s.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date

from sqlalchemy.orm import Session

from vaxdesk.db import touches
from vaxdesk.db.engine import Database
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.eligibility import Eligibility, Facts, Judge, Plan, Reason, reasons
from vaxdesk.errors import RefusedError
from vaxdesk.i18n import N_
from vaxdesk.queries import eligible_facts, eligible_first
from vaxdesk.queries.eligible_facts import STEP, Look, Memory
from vaxdesk.queries.eligible_ranked import Judged, Ranked

Cancelled = Callable[[], bool]
#: When more people changed at once than this, everybody is read anew.
_FEW = 4000
#: So many changes are remembered for lists that were put in order before them.
_LOGGED = 64
_NOBODY: frozenset[str] = frozenset()

__all__ = ["STEP", "Eligible"]


class Eligible:
    """The eligible lists of one open file. Keep it as long as the file is open: it holds the caches. Threads take
    turns."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.RLock()
        self._histories: Memory | None = None
        self.forget()

    def forget(self) -> None:
        """Empty every cache; the next list is read and judged anew."""
        with self._lock:
            self._histories = None
            self._people: dict[str, Facts] | None = None
            self._sorted: list[Facts] | None = None
            self._note = 0
            self._booked: dict[str, str] = {}
            self._state = 0
            self._log: list[frozenset[str]] = []
            self._ranked: Ranked | None = None
            self._ranked_for: tuple[Campaign, Plan, int] | None = None

    # lists

    def listed(self, campaign: Campaign, plan: Plan, cancelled: Cancelled | None = None) -> list[Eligibility]:
        """Everybody who is in, in the plan's order. Raises RefusedError when cancelled."""
        with self._lock, self._database.reader() as conn:
            ranked = self.ranked(conn, campaign, plan, look=_stopper(cancelled))
            return [entry.found for entry in ranked.listed]

    def page(
        self, campaign: Campaign, plan: Plan, size: int = 50, cancelled: Cancelled | None = None
    ) -> list[Eligibility]:
        """The first people of the list. Raises RefusedError when cancelled."""
        with self._lock, self._database.reader() as conn:
            return [found for found, _facts in self.first(conn, campaign, plan, size, look=_stopper(cancelled))]

    def why(self, campaign: Campaign, plan: Plan, person_id: str) -> tuple[Eligibility, tuple[Reason, ...]] | None:
        """Why this one person is in or out, in reasons that have words; None when there is no such person."""
        with self._database.reader() as conn:
            histories = eligible_facts.memory(campaign, plan.day)
            facts = eligible_facts.few(conn, histories, [person_id]).get(person_id)
        if facts is None:
            return None
        found = Judge(plan, _ranks(campaign, plan.day))(facts)
        priority = campaign.priority
        told = reasons(found, facts, plan, priority) if priority is not None else ()
        return found, tuple(told)

    def facts(self, campaign: Campaign, day: date, cancelled: Cancelled | None = None) -> list[Facts]:
        """One row a person for a day, by id. Raises RefusedError when cancelled; nothing half-read is kept."""
        with self._lock, self._database.reader() as conn:
            people = self._everybody(conn, campaign, day, _stopper(cancelled))
            if self._sorted is None:
                self._sorted = sorted(people.values(), key=lambda facts: facts.person_id)
            return self._sorted

    # for lists with more than the answers; the caller's reader

    def ranked(
        self,
        conn: Session,
        campaign: Campaign,
        plan: Plan,
        here: frozenset[str] = _NOBODY,
        look: Look | None = None,
        judged: Judged | None = None,
    ) -> Ranked:
        """Everybody judged and in order, to be looked at before the next call of anything here.

        ``here`` came to the very session that asks. ``look`` and ``judged`` may raise; nothing half-done is kept.
        """
        with self._lock:
            people = self._everybody(conn, campaign, plan.day, look)
            held = self._held(campaign, plan)
            if held is None:
                with _many_rows():
                    held = Ranked(people.values(), Judge(plan, _ranks(campaign, plan.day)), here, judged)
                self._ranked = held
            else:
                held.change(people, self._changed_since(campaign, plan) or _NOBODY, here)
            self._ranked_for = (campaign, plan, self._state)
            return held

    def first(
        self,
        conn: Session,
        campaign: Campaign,
        plan: Plan,
        size: int,
        here: frozenset[str] = _NOBODY,
        look: Look | None = None,
    ) -> list[eligible_first.Found]:
        """The first people of the list, before the others are judged or, where nothing is at hand, even read."""
        with self._lock:
            if look is not None:
                look()
            histories = self._histories_for(campaign, plan.day)
            ranks = _ranks(campaign, plan.day)
            judge = Judge(plan, ranks)
            if not self._renew(conn, histories):
                rest = self._late(conn, campaign, plan.day, look)
                batches = eligible_first.in_file(conn, histories, plan, ranks, rest, look)
            elif self._held(campaign, plan) is not None:
                best = self.ranked(conn, campaign, plan, here).listed[:size]
                return [(entry.found, entry.facts) for entry in best]
            else:
                people = self._people or {}
                batches = eligible_first.in_memory(people.values(), plan, judge)
            return eligible_first.best(batches, judge, size, here)

    # what is kept

    def _everybody(self, conn: Session, campaign: Campaign, day: date, look: Look | None) -> Mapping[str, Facts]:
        histories = self._histories_for(campaign, day)
        if self._people is None or not self._renew(conn, histories):
            note, booked = touches.head(conn), eligible_facts.booked(conn, day)
            with _many_rows():
                self._people = eligible_facts.everybody(conn, histories, look)
            self._note, self._booked = note, booked
            self._step(None)
        return self._people

    def _late(self, conn: Session, campaign: Campaign, day: date, look: Look | None) -> Iterator[Facts]:
        yield from self._everybody(conn, campaign, day, look).values()

    def _renew(self, conn: Session, histories: Memory) -> bool:
        """Read those anew who changed; False where everybody has to be read."""
        people = self._people
        if people is None:
            return False
        note, booked = touches.head(conn), eligible_facts.booked(conn, histories.day)
        touched = touches.since(conn, self._note)
        if touched is None:
            return False
        before = self._booked
        moved = {key for key in {*before, *booked} if before.get(key) != booked.get(key)} if before != booked else ()
        changed = touched.union(moved)
        if len(changed) > _FEW:
            return False
        if changed:
            fresh = eligible_facts.few(conn, histories, changed)
            for person_id in changed:
                if person_id in fresh:
                    people[person_id] = fresh[person_id]
                else:
                    people.pop(person_id, None)
            self._step(changed)
        self._note, self._booked = note, booked
        return True

    def _histories_for(self, campaign: Campaign, day: date) -> Memory:
        """The judgements of this pack and day; others, and all that was read with them, are thrown away."""
        held = self._histories
        if held is None or held.campaign is not campaign or held.day != day:
            self.forget()
            held = self._histories = eligible_facts.memory(campaign, day)
        return held

    def _step(self, changed: frozenset[str] | None) -> None:
        """Another state of the facts; None: everybody may have changed."""
        self._state += 1
        self._sorted = None
        if changed is None:
            self._log, self._ranked, self._ranked_for = [], None, None
        else:
            self._log = [*self._log, changed][-_LOGGED:]

    def _held(self, campaign: Campaign, plan: Plan) -> Ranked | None:
        """What was put in order for this plan, where it can be brought up to date."""
        return self._ranked if self._changed_since(campaign, plan) is not None else None

    def _changed_since(self, campaign: Campaign, plan: Plan) -> frozenset[str] | None:
        if self._ranked_for is None or self._ranked_for[:2] != (campaign, plan):
            return None
        steps = self._state - self._ranked_for[2]
        if steps > len(self._log):
            return None
        return _NOBODY.union(*self._log[len(self._log) - steps :])


@contextmanager
def _many_rows() -> Iterator[None]:
    """No search for garbage while rows are made by the hundred thousand: it finds none and doubles the time."""
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()


def _ranks(campaign: Campaign, day: date) -> Mapping[str, int]:
    return campaign.priority.ranks_on(day) if campaign.priority is not None else {}


def _stopper(cancelled: Cancelled | None) -> Look | None:
    if cancelled is None:
        return None

    def look() -> None:
        if cancelled():
            raise RefusedError(N_("The list was cancelled."))

    return look
