"""Who stands on the list for a product on a day, and for everybody else why not.

Set-friendly: queries hand in one flat :class:`Facts` row a person (histories already judged, from the cache of derived
values), :class:`Judge` answers with one flat row. No object graph, no look-up, no clock. The time of registration is
not among the facts, so no list can be ordered by it.

Measured with ``tests/benchmarks/test_eligibility_speed.py`` (one core of a shared 2-core virtual machine, Python
3.11): 100,000 people are judged and ordered in 0.4 s, the first page of 50 is found in 0.17 s.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from vaxdesk import i18n
from vaxdesk.domain.consent import ConsentStatus, counts_as_refused
from vaxdesk.domain.dates import format_date
from vaxdesk.domain.priority import Priority
from vaxdesk.errors import FieldError
from vaxdesk.i18n import N_

#: What a list may be ordered by, and how the printed list says it.
ORDER_WORDS = {
    "group": N_("strongest priority group first"),
    "due": N_("whose dose has been due longest first"),
    "age": N_("older people first"),
    "place": N_("by village"),
    "name": N_("by name"),
}
#: The usual order; ties that remain are broken by the record's own number, which says nothing about time.
USUAL_ORDER = ("group", "due", "age", "name")
#: The rank of people without any group of the list.
NO_RANK = 1_000_000
#: Deferred until somebody decides: no date is known.
OPEN_END = date.max


class Why(StrEnum):
    """The reasons, for and against."""

    GROUP = "group"
    DUE = "due"
    NO_GROUP = "no_group"
    OTHER_GROUP = "other_group"
    COMPLETE = "complete"
    NOTHING_DUE = "nothing_due"
    NOT_DUE = "not_due"
    OTHER_PRODUCT = "other_product"
    DEFERRED = "deferred"
    REFERRED = "referred"
    CONTRAINDICATED = "contraindicated"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    CLASH = "clash"
    INACTIVE = "inactive"
    #: Told beside the reason that decides: which age it is that the product asks for.
    AGE = "age"
    # Notes that do not decide.
    OVERDUE = "overdue"
    AGREEMENT = "agreement"
    NOT_ASKED = "not_asked"
    NOT_CONFIRMED = "not_confirmed"


WORDS = {
    Why.GROUP: N_("Priority group {group}"),
    Why.DUE: N_("Dose {number} is due since {day}"),
    Why.NO_GROUP: N_("No priority group is stated or confirmed"),
    Why.OTHER_GROUP: N_("Group {group} is not called by this plan"),
    Why.COMPLETE: N_("The course is complete and no further dose is due"),
    Why.NOTHING_DUE: N_("No dose is due by the rules of that day"),
    Why.NOT_DUE: N_("Dose {number} is due on {day} at the earliest"),
    Why.OTHER_PRODUCT: N_("This product may not be the next dose; possible: {products}"),
    Why.DEFERRED: N_("Deferred at screening until {day}"),
    Why.REFERRED: N_("Referred to a hospital for the injection"),
    Why.CONTRAINDICATED: N_("This vaccine is contraindicated for the person"),
    Why.REFUSED: N_("The person refused vaccination"),
    Why.WITHDRAWN: N_("The person withdrew consent"),
    Why.CLASH: N_("Already on another list: {plan}"),
    Why.INACTIVE: N_("The record is not active: {state}"),
    Why.AGE: N_("Too young for {product}: old enough on {day}"),
    Why.OVERDUE: N_("The recommended time ended on {day}"),
    Why.AGREEMENT: N_("Needs the person's agreement to a different product"),
    Why.NOT_ASKED: N_("Consent is not asked yet"),
    Why.NOT_CONFIRMED: N_("The group is stated, not yet confirmed"),
}
_OPEN_DEFERRAL = N_("Deferred at screening; no day is set yet")
_TOO_OLD = N_("Too old for {product}: it was possible before {before}")


class Due(NamedTuple):
    """A product that may be the next dose. Days inclusive; ``latest`` is the end of the recommended time."""

    product: str
    earliest: date
    latest: date | None = None
    agreement: bool = False


class Facts(NamedTuple):
    """What a query hands in about one person. ``groups`` are those that count (``GroupClaim.counting``).

    ``birth`` is the latest day the person can have been born on. ``booked`` names another open list the person
    stands on, ``inactive`` why the record is not (dead, moved away, merged); both empty when not.
    ``deferred_until`` is the first day on which screening may be tried again (OPEN_END: unknown).
    """

    person_id: str
    birth: date
    name_key: str = ""
    place_key: str = ""
    groups: frozenset[str] = frozenset()
    confirmed: bool = True
    consent: str = "not_asked"
    number: int = 0
    due: tuple[Due, ...] = ()
    complete: bool = False
    deferred_until: date | None = None
    referred: bool = False
    contraindicated: frozenset[str] = frozenset()
    booked: str = ""
    inactive: str = ""


@dataclass(frozen=True)
class Plan:
    """What is planned: the product, the day, the groups called (empty: all), the area group and the order.

    Raises FieldError for an order by anything else than ``ORDER_WORDS``: "first registered is not first injected".
    """

    product: str
    day: date
    groups: frozenset[str] = frozenset()
    area: str = ""
    order: tuple[str, ...] = USUAL_ORDER
    hospital: bool = False

    def __post_init__(self) -> None:
        for key in self.order:
            if key not in ORDER_WORDS:
                raise FieldError(
                    "order",
                    N_("A list cannot be ordered by “{key}”; possible: {known}"),
                    key=key,
                    known=", ".join(ORDER_WORDS),
                )

    def order_words(self) -> str:
        """The order in words, printed with the list."""
        return "; ".join(i18n.translate(ORDER_WORDS[key]) for key in self.order)


class Reason(NamedTuple):
    """One reason with what it needs to be said."""

    code: Why
    values: Mapping[str, object]

    def words(self) -> str:
        """The sentence in the user's language."""
        if self.code is Why.DEFERRED and self.values["day"] == OPEN_END:
            return i18n.translate(_OPEN_DEFERRAL)
        shown = {key: format_date(value) if isinstance(value, date) else value for key, value in self.values.items()}
        sentence = _TOO_OLD if self.code is Why.AGE and "before" in self.values else WORDS[self.code]
        return i18n.translate(sentence).format_map(shown)


class Eligibility(NamedTuple):
    """The answer for one person. ``against`` empty means on the list. ``key`` orders lists."""

    person_id: str
    eligible: bool
    against: tuple[Why, ...]
    notes: tuple[Why, ...]
    group: str
    key: tuple[object, ...]


class Judge:
    """Judges people against one plan. ``ranks``: group code to strength on the plan's day (``Priority.ranks_on``)."""

    def __init__(self, plan: Plan, ranks: Mapping[str, int]) -> None:
        self.plan = plan
        self._ranks = dict(ranks)
        # People share few different sets of groups: the strongest of each set is looked up once.
        self._strongest: dict[frozenset[str], tuple[str, int, bool]] = {frozenset(): ("", NO_RANK, not plan.groups)}

    def __call__(self, facts: Facts) -> Eligibility:
        """In or out, with every reason that is against, not only the first."""
        plan = self.plan
        day = plan.day
        group, rank, called = self._strongest.get(facts.groups) or self._look_up(facts.groups)
        against: list[Why] = []
        notes: list[Why] = []
        if facts.inactive:
            against.append(Why.INACTIVE)
        consent = facts.consent
        if consent == "refused":
            against.append(Why.REFUSED)
        elif consent == "withdrawn":
            against.append(Why.WITHDRAWN)
        elif consent == "not_asked":
            notes.append(Why.NOT_ASKED)
        if not called:
            against.append(Why.OTHER_GROUP if group else Why.NO_GROUP)
        elif group and not facts.confirmed:
            notes.append(Why.NOT_CONFIRMED)
        if plan.product in facts.contraindicated:
            against.append(Why.CONTRAINDICATED)
        since = day
        if not facts.due:
            against.append(Why.COMPLETE if facts.complete else Why.NOTHING_DUE)
        else:
            option = next((due for due in facts.due if due.product == plan.product), None)
            if option is None:
                against.append(Why.OTHER_PRODUCT)
            else:
                since = option.earliest
                if since > day:
                    against.append(Why.NOT_DUE)
                elif option.latest is not None and option.latest < day:
                    notes.append(Why.OVERDUE)
                if option.agreement:
                    notes.append(Why.AGREEMENT)
        if facts.deferred_until is not None and facts.deferred_until > day:
            against.append(Why.DEFERRED)
        if facts.referred and not plan.hospital:
            against.append(Why.REFERRED)
        if facts.booked:
            against.append(Why.CLASH)
        return Eligibility(
            facts.person_id, not against, tuple(against), tuple(notes), group, self._key(facts, rank, since)
        )

    def rank(self, groups: frozenset[str]) -> int:
        """The strength that somebody with these groups is ordered by (1 is the strongest)."""
        return (self._strongest.get(groups) or self._look_up(groups))[1]

    def _key(self, facts: Facts, rank: int, since: date) -> tuple[object, ...]:
        order = self.plan.order
        if order == USUAL_ORDER:
            return (rank, since, facts.birth, facts.name_key, facts.person_id)
        parts = {
            "group": rank,
            "due": since,
            "age": facts.birth,
            "place": facts.place_key,
            "name": facts.name_key,
        }
        return (*(parts[key] for key in order), facts.person_id)

    def _look_up(self, groups: frozenset[str]) -> tuple[str, int, bool]:
        """The strongest group that the plan calls; without one the strongest of all, then told as not called."""
        plan = self.plan
        called = groups & plan.groups if plan.groups else groups
        pool = called or groups
        best = min(pool, key=lambda code: (self._ranks.get(code, NO_RANK), code))
        found = (best, self._ranks.get(best, NO_RANK), bool(called))
        self._strongest[groups] = found
        return found


def judge(facts: Facts, plan: Plan, ranks: Mapping[str, int]) -> Eligibility:
    """One person against a plan; for many people make a :class:`Judge` once."""
    return Judge(plan, ranks)(facts)


def eligible_list(people: Iterable[Facts], plan: Plan, ranks: Mapping[str, int]) -> list[Eligibility]:
    """Everybody who is in, in the plan's order."""
    return sorted((found for found in map(Judge(plan, ranks), people) if found.eligible), key=lambda row: row.key)


def first_page(people: Iterable[Facts], plan: Plan, ranks: Mapping[str, int], size: int = 50) -> list[Eligibility]:
    """The first ``size`` people of the list without ordering the rest."""
    found = (row for row in map(Judge(plan, ranks), people) if row.eligible)
    return heapq.nsmallest(size, found, key=lambda row: row.key)


def judge_all(people: Iterable[Facts], plan: Plan, ranks: Mapping[str, int]) -> Iterator[Eligibility]:
    """Everybody, in and out, in the order they come: stop taking from it to cancel."""
    return map(Judge(plan, ranks), people)


def reasons(found: Eligibility, facts: Facts, plan: Plan, priority: Priority) -> Sequence[Reason]:
    """Why in, or why not, for the one person asked about: group, dose due, earliest day, clash, deferral, refusal."""
    group = priority.group(found.group, day=plan.day)
    label = f"{found.group} – {group.label.text(i18n.language())}" if group is not None else found.group
    option = next((due for due in facts.due if due.product == plan.product), None)
    values: dict[Why, dict[str, object]] = {
        Why.GROUP: {"group": label},
        Why.OTHER_GROUP: {"group": label},
        Why.OTHER_PRODUCT: {"products": ", ".join(due.product for due in facts.due)},
        Why.DEFERRED: {"day": facts.deferred_until},
        Why.CLASH: {"plan": facts.booked},
        Why.INACTIVE: {"state": facts.inactive},
    }
    if option is not None:
        values[Why.DUE] = values[Why.NOT_DUE] = {"number": facts.number, "day": option.earliest}
        values[Why.OVERDUE] = {"day": option.latest}
    told: list[Why] = []
    if found.group and Why.OTHER_GROUP not in found.against:
        told.append(Why.GROUP)
    if option is not None and option.earliest <= plan.day:
        told.append(Why.DUE)
    return [Reason(code, values.get(code, {})) for code in (*found.against, *told, *found.notes)]


def refused(facts: Facts) -> bool:
    """Whether the person is counted in "Số không đồng ý tiêm chủng"."""
    return counts_as_refused(ConsentStatus(facts.consent))
