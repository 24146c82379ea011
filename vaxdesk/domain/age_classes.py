"""Birth dates that no rule of a pack can tell apart on a day: of a class the schedule need judge one history only.

A birth date matters to the schedule by the days on which ages are reached, and those are only compared with other days.
An age that is reached before the first rule began is reached on every day that is looked at, whoever it is; an upper
age that is reached after every day that can be told is reached on none. Where all ages of a pack are of these two
kinds, the birth date itself changes nothing. Everybody else (children, people about to be too old) is a class of her
own, and so is everybody under a pack whose rules say something about ages that is not known here.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

from vaxdesk.domain.campaign import Campaign, Duration
from vaxdesk.domain.dates import PartialDate

#: Fields of approvals, courses and rules that name an age: one from which on something holds, one below which it does.
FROM_AGE = ("min_age", "absolute_min_age", "recommended_age", "latest_age")
BELOW_AGE = ("below_age",)
COHORT = ("born_from", "born_to")
#: Fields that say nothing about ages, or only together with one of those.
OTHERS = frozenset(
    (
        *("id", "source", "products", "after", "kind", "number", "doses", "sex", "conditions", "remark", "dose_ml"),
        *("interval", "absolute_interval", "recommended", "latest", "maximum", "grace_days", "count_from"),
        *("since_first", "recommended_since_first", "latest_since_first", "age_grace_days"),
        *("primary", "mixed", "same_as", "agreement", "preferred", "offered", "repeats", "course_doses"),
    )
)
#: What is told of the days to come is never further away than the longest span and this (days).
_SLACK = 31


class AgeClasses:
    """The classes of one pack on one day. Keep it with what was judged on that day: it remembers each birth date."""

    def __init__(self, campaign: Campaign, today: date) -> None:
        ruled: list[Any] = [*campaign.rules, *campaign.courses]
        ruled += [approval for product in campaign.products.values() for approval in product.approvals]
        self._known = all(_only_known(rule) for rule in ruled)
        starts = [rule.source.start for rule in ruled]
        #: Nothing is compared with an earlier day than this, as long as no dose was given before it.
        self.begin: date = min([*starts, today])
        spans = [_days(rule, name) for rule in ruled for name in OTHERS]
        spans += [_days(spacing, "interval") for spacing in campaign.spacings]
        self._end = min(max([*starts, today]).toordinal() + max(spans, default=0) + _SLACK, date.max.toordinal())
        begin = self.begin.toordinal()
        #: Whoever was born up to this day has reached every lower age before any rule began.
        self._old_enough = min(
            (_born_until(age, begin) for age in _ages(ruled, FROM_AGE)), default=date.max.toordinal()
        )
        #: Of each upper age: born up to the first day, it was reached before any rule began; after the second, never.
        self._below = [(_born_until(age, begin), _born_until(age, self._end)) for age in _ages(ruled, BELOW_AGE)]
        self._cohort = sorted({day for rule in ruled for name in COHORT if (day := getattr(rule, name, None))})
        self._classes: dict[str, str] = {}

    def of(self, birth: str) -> str:
        """The class of a stored birth date, for a history without a dose before :attr:`begin`.

        Two birth dates of one class have the same verdicts and the same next dose whatever the doses are.
        """
        found = self._classes.get(birth)
        if found is None:
            found = self._classes[birth] = self._class(birth)
        return found

    def _class(self, birth: str) -> str:
        born = PartialDate.parse(birth)
        first, last = born.earliest(), born.latest()
        if not self._known or last > self.begin or last.toordinal() > self._old_enough:
            return birth
        marks = []
        for old, never in self._below:
            if last.toordinal() <= old:
                marks.append("o")
            elif first.toordinal() > never:
                marks.append("y")
            else:
                return birth
        for day in self._cohort:
            marks += ["b" if end < day else "d" if end == day else "a" for end in (first, last)]
        return "".join(marks) or "any"


def _only_known(rule: Any) -> bool:
    """Whether a rule uses only fields that are understood here."""
    known = OTHERS.union(FROM_AGE, BELOW_AGE, COHORT)
    for field in fields(rule):
        if field.name in known:
            continue
        default = field.default if field.default is not MISSING else None
        if getattr(rule, field.name) != default:
            return False
    return True


def _ages(ruled: list[Any], names: tuple[str, ...]) -> set[Duration]:
    return {age for rule in ruled for name in names if (age := getattr(rule, name, None)) is not None}


def _days(rule: object, name: str) -> int:
    """At most how many days a span has; 0 for what is no span."""
    value = getattr(rule, name, None)
    if not isinstance(value, Duration):
        return 0
    start = date(2000, 1, 1)
    return (value.after(start) - start).days + 31


def _born_until(age: Duration, day: int) -> int:
    """The last birth date, as an ordinal, with which an age is reached on a day or before it; 0 for none.

    Who was born later reaches an age no earlier, so the dates are halved until the limit stands.
    """
    return bisect_right(range(1, date.max.toordinal() + 1), day, key=lambda born: _reached(age, date.fromordinal(born)))


def _reached(age: Duration, birth: date) -> int:
    """The first day on which somebody born then has that age, as an ordinal; past the calendar's end the last one."""
    try:
        return age.after(birth).toordinal()
    except (ValueError, OverflowError):
        return date.max.toordinal()
