"""Spans, days in force and ages compiled for speed: days are ordinals, most ages are decided without the calendar."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from vaxdesk.domain.campaign import Duration, Source

#: A day later than every other one.
NEVER = date.max.toordinal()


@lru_cache(maxsize=1 << 16)
def plus_months(day: int, months: int) -> int:
    """An ordinal moved by calendar months as :class:`Duration` defines it; NEVER past the calendar's end."""
    try:
        return Duration(months, "months").after(date.fromordinal(day)).toordinal()
    except (ValueError, OverflowError):
        return NEVER


class Span:
    """A compiled :class:`Duration`: months where ``months`` is set, then days.

    ``most`` is never less than the number of days it takes, so that most ages are decided without the calendar.
    """

    __slots__ = ("days", "months", "most")

    def __init__(self, duration: Duration) -> None:
        weeks_or_days = {"days": 1, "weeks": 7}.get(duration.unit, 0)
        self.days = duration.count * weeks_or_days + duration.more
        self.months = 0 if weeks_or_days else duration.count * (12 if duration.unit == "years" else 1)
        # A month has 30.4375 days on average; no run of months is more than four days longer than that.
        self.most = self.days + (self.months * 487 // 16 + 5 if self.months else 0)

    def after(self, day: int) -> int:
        """The first day on which the span since ``day`` has passed."""
        end = (plus_months(day, self.months) if self.months else day) + self.days
        return end if end < NEVER else NEVER


class Dated:
    """The days of a rule: in force from ``start`` to ``end``, known since ``known``.

    A rule is known since it was announced, else since the day of its document, else always: what stands in the pack is
    not held back from a forecast without a reason. ``replaced_known`` is the day since when the rule that follows at
    once is known: before that day nobody knew that this one would end, so a forecast made then takes it as open.
    """

    __slots__ = ("end", "known", "replaced_known", "start")

    def __init__(self, source: Source) -> None:
        self.start = source.start.toordinal()
        self.end = NEVER if source.end is None else source.end.toordinal()
        told = source.announced or source.text.day
        self.known = 0 if told is None else min(told.toordinal(), self.start)
        self.replaced_known = 0

    def end_known_on(self, day: int) -> int:
        """The last day as it was known on ``day``."""
        return NEVER if self.end >= day and self.replaced_known > day else self.end


class Ages:
    """An age range and a birth cohort; the ends of an inexact birth date (first … last) are asked for both.

    A dose given within ``grace`` days before the least age, or from the ``absolute`` one on, has the right age too.
    """

    __slots__ = ("absolute", "below", "born_from", "born_to", "cohort", "grace", "lenient", "minimum")

    def __init__(
        self,
        minimum: Duration | None,
        below: Duration | None,
        grace: int = 0,
        absolute: Duration | None = None,
        born_from: date | None = None,
        born_to: date | None = None,
    ) -> None:
        self.minimum = None if minimum is None else Span(minimum)
        self.below = None if below is None else Span(below)
        self.grace = grace
        self.absolute = None if absolute is None else Span(absolute)
        self.lenient = self.minimum is not None and (grace > 0 or absolute is not None)
        self.born_from = 0 if born_from is None else born_from.toordinal()
        self.born_to = NEVER if born_to is None else born_to.toordinal()
        self.cohort = born_from is not None or born_to is not None

    def fits(self, day: int, first: int, last: int) -> int:
        """2: the age is right; 1: right for some of the possible birthdays (first … last); 0: wrong for all."""
        sure = 2
        young, old = self.minimum, self.below
        if young is not None and last + young.most - self.grace > day:
            if self._since(young, first) > day:
                return 0
            if first != last and self._since(young, last) > day:
                sure = 1
        if old is not None:
            if last + old.most <= day or old.after(last) <= day:
                return 0
            if first != last and old.after(first) <= day:
                sure = 1
        return min(sure, self.born(first, last)) if self.cohort else sure

    def _since(self, young: Span, birth: int) -> int:
        return young.after(birth) - self.grace if self.absolute is None else self.absolute.after(birth)

    def born(self, first: int, last: int) -> int:
        """2: born in the cohort; 1: for some of the possible birthdays; 0: for none."""
        if last < self.born_from or first > self.born_to:
            return 0
        return 1 if first < self.born_from or last > self.born_to else 2

    def early(self, day: int, first: int) -> int:
        """How many days before the least age ``day`` surely lies."""
        return max(0, self.minimum.after(first) - day) if self.lenient and self.minimum is not None else 0
