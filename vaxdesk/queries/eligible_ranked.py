"""Everybody judged against one plan and put in order; when a few people change, only those are judged anew."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from vaxdesk.domain.eligibility import Eligibility, Facts, Judge, Plan
from vaxdesk.queries.eligible_facts import STEP

#: Told how many people are judged; raises to stop.
Judged = Callable[[int], None]
_KEY = itemgetter(0)


class Entry(NamedTuple):
    """One person with the answer; entries are in the order of their keys, which end with the person's id."""

    key: tuple[object, ...]
    facts: Facts
    found: Eligibility


class Ranked:
    """The people who are in and those who are not, each in the plan's order.

    ``here`` are people who came to the very session that asks: a booking there is none.
    """

    def __init__(
        self, people: Collection[Facts], judge: Judge, here: frozenset[str], look: Judged | None = None
    ) -> None:
        self.judge = judge
        self.here = here
        self.listed: list[Entry] = []
        self.others: list[Entry] = []
        for place, facts in enumerate(people):
            if look is not None and place % STEP == 0:
                look(place)
            entry = self._entry(facts)
            (self.listed if entry.found.eligible else self.others).append(entry)
        self.listed.sort(key=_KEY)
        self.others.sort(key=_KEY)
        self._entries = {entry.facts.person_id: entry for side in (self.listed, self.others) for entry in side}
        self._in_village = Counter(entry.facts.place_key for entry in self.listed)
        self._of_village = Counter(entry.facts.place_key for entry in self._entries.values())
        self._of_group = Counter(entry.found.group for entry in self._entries.values())

    @property
    def plan(self) -> Plan:
        """The plan that everybody is judged against."""
        return self.judge.plan

    def change(self, people: Mapping[str, Facts], changed: Collection[str], here: frozenset[str]) -> None:
        """Judge anew who changed; ``people`` are everybody's facts as they are now."""
        changed = {*changed, *(here ^ self.here)}
        self.here = here
        for person_id in changed:
            old = self._entries.pop(person_id, None)
            if old is not None:
                self._count(old, -1)
                side = self._side(old)
                del side[bisect_left(side, old.key, key=_KEY)]
            facts = people.get(person_id)
            if facts is not None:
                new = self._entries[person_id] = self._entry(facts)
                self._count(new, 1)
                side = self._side(new)
                side.insert(bisect_left(side, new.key, key=_KEY), new)

    def villages(self) -> dict[str, int]:
        """Every village with how many of its people are in."""
        return {name: self._in_village[name] for name, count in self._of_village.items() if count}

    def groups(self) -> Sequence[str]:
        """The groups that somebody is counted by."""
        return [code for code, count in self._of_group.items() if count]

    def _entry(self, facts: Facts) -> Entry:
        if facts.booked and facts.person_id in self.here:
            facts = facts._replace(booked="")
        found = self.judge(facts)
        return Entry(found.key, facts, found)

    def _side(self, entry: Entry) -> list[Entry]:
        return self.listed if entry.found.eligible else self.others

    def _count(self, entry: Entry, step: int) -> None:
        self._of_village[entry.facts.place_key] += step
        self._of_group[entry.found.group] += step
        if entry.found.eligible:
            self._in_village[entry.facts.place_key] += step
