"""Priority groups: the lists of the Ministry, groups added by decision, what a person stated and what was confirmed.

A group's ``rank`` is its strength (1 is the strongest). A person may stand in several; the strongest counts. Old lists
stay readable: a group keeps its list, its legal source and its days. Who is on a list is decided in
``vaxdesk.domain.eligibility``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_

if TYPE_CHECKING:
    from vaxdesk.domain.campaign import LocalText, Source


@dataclass(frozen=True, slots=True)
class Group:
    """One priority group. ``code`` is a string ("1" … "16", "A1"): the platforms' code sets differ.

    ``over_age`` (years) proposes the group for people older than that; it is only a proposal, the station confirms.
    ``added`` marks a group that came by a decision after the list.
    """

    code: str
    rank: int
    label: LocalText
    source: Source
    list_id: str
    over_age: int | None = None
    added: bool = False


@dataclass(frozen=True, slots=True)
class GroupList:
    """One edition of the list of groups."""

    id: str
    title: LocalText
    source: Source
    complete: bool = True


@dataclass(frozen=True, slots=True)
class AreaGroup:
    """A kind of province that goes before others. A field of the plan, never of the person."""

    code: str
    rank: int
    label: LocalText
    source: Source


@dataclass(frozen=True, slots=True)
class GroupClaim:
    """What is known of a person's groups: what the person stated, what the station confirmed; both are kept.

    ``confirmed`` None: nobody has checked yet. An empty set: checked, none of them holds.
    """

    stated: frozenset[str] = frozenset()
    confirmed: frozenset[str] | None = None

    @property
    def counting(self) -> frozenset[str]:
        """The groups that count: the confirmed ones once somebody has checked, the stated ones until then."""
        return self.stated if self.confirmed is None else self.confirmed

    def confirm(self, groups: Iterable[str]) -> GroupClaim:
        """The claim after the station's check; what was stated stays."""
        return dataclasses.replace(self, confirmed=frozenset(groups))


@dataclass(frozen=True)
class Priority:
    """What a campaign pack says about priority."""

    lists: tuple[GroupList, ...]
    groups: tuple[Group, ...]
    areas: tuple[AreaGroup, ...]
    by_code: dict[str, Group] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_code", {f"{group.list_id}:{group.code}": group for group in self.groups})

    def list_on(self, day: date) -> GroupList | None:
        """The list in force; of several the one that began last."""
        fitting = [edition for edition in self.lists if edition.source.in_force(day)]
        return max(fitting, key=lambda edition: (edition.source.start, edition.id), default=None)

    def groups_on(self, day: date) -> tuple[Group, ...]:
        """The groups of the list in force on ``day``, those added by then included, the strongest first."""
        edition = self.list_on(day)
        if edition is None:
            return ()
        found = [group for group in self.groups if group.list_id == edition.id and group.source.in_force(day)]
        return tuple(sorted(found, key=lambda group: (group.rank, group.added, group.code)))

    def group(self, code: str, list_id: str = "", day: date | None = None) -> Group | None:
        """A group by its code: of a list by name, else of the list in force on a day, else the newest of that code."""
        if list_id:
            return self.by_code.get(f"{list_id}:{code}")
        if day is not None:
            edition = self.list_on(day)
            return self.by_code.get(f"{edition.id}:{code}") if edition is not None else None
        found = [group for group in self.groups if group.code == code]
        return max(found, key=lambda group: (group.source.start, group.list_id), default=None)

    def ranks_on(self, day: date) -> dict[str, int]:
        """Code to strength on that day."""
        return {group.code: group.rank for group in self.groups_on(day)}

    def strongest(self, codes: Iterable[str], day: date) -> Group | None:
        """The strongest of some groups on that day; codes that the list does not know are passed over."""
        wanted = frozenset(codes)
        return next((group for group in self.groups_on(day) if group.code in wanted), None)

    def proposed(self, age: int, day: date) -> tuple[Group, ...]:
        """The groups that follow from the age alone (over 65): proposed at the desk, confirmed by the station."""
        return tuple(g for g in self.groups_on(day) if g.over_age is not None and age > g.over_age)

    def areas_on(self, day: date) -> tuple[AreaGroup, ...]:
        """The area groups in force, the strongest first."""
        return tuple(sorted((a for a in self.areas if a.source.in_force(day)), key=lambda area: (area.rank, area.code)))

    def with_added(self, groups: Iterable[Group]) -> Priority:
        """The priority with groups that a manager added by a later decision (minister, province).

        Each needs a legal reference and a start; a code that the list already uses is refused: old lists stay as they
        were. Raises FieldError.
        """
        known = dict(self.by_code)
        lists = {edition.id: edition for edition in self.lists}
        for group in groups:
            if not group.source.text.reference.strip():
                raise FieldError("source", N_("Enter the number of the decision that adds the group"))
            edition = lists.get(group.list_id)
            if edition is None:
                raise FieldError("list", N_("There is no list “{list}”"), list=group.list_id)
            if group.source.start < edition.source.start:
                raise FieldError("from", N_("The group begins before its list; enter a later day"))
            if f"{group.list_id}:{group.code}" in known:
                raise FieldError("code", N_("The code {code} is used already; choose another one"), code=group.code)
            known[f"{group.list_id}:{group.code}"] = dataclasses.replace(group, added=True)
        return Priority(self.lists, tuple(known.values()), self.areas)
