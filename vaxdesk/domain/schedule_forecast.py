"""Foresees the next dose: for every allowed product the days of one rule, the one that holds when it can be given.

- ``earliest`` is the first day on which that rule lets the product be given. What can be given today or later decides
  which rule that is, not what could have been given once: a rule that has ended says nothing about the dose to come,
  unless the one that follows it without a gap says the very same.
- ``recommended`` and ``latest`` are that same rule's, moved into its days: earliest <= recommended <= latest always.
- The rules known on the day of asking count: those that are announced by then or stand in a document of that time.
  That a rule will end is held for known unless it is only replaced by one that is not known yet.
- Products that wait for something other than their interval until the dose is due by another one are no options. A pack
  may say how long before the age an additional dose or a booster is not foreseen yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule_program import CompiledRule, Offer, Program, Target, Window
from vaxdesk.domain.schedule_result import NextDose, NextOption
from vaxdesk.domain.schedule_spans import NEVER

_NO_DAYS = (1, 0)
#: One product's days: earliest, place in the pack, recommended, latest (0: none), code, rule.
_Found = tuple[int, int, int, int, str, CompiledRule]


class Standing:
    """Where one person stands on the way through a history. Days are ordinals.

    ``given`` and ``counted`` are the last dose's days and ``begun`` the first counted one's, 0 for none. ``seen`` holds
    the last day of every product and other vaccine, kept only where the pack has spacings.
    """

    __slots__ = ("begun", "counted", "first", "given", "last", "number", "position", "program", "seen", "today")

    def __init__(self, program: Program, birth: PartialDate, sex: str, on: date, conditions: Iterable[str]) -> None:
        self.program = program
        self.first = birth.earliest().toordinal()
        self.last = self.first if birth.day is not None else birth.latest().toordinal()
        self.today = on.toordinal()
        self.position = program.start(sex, conditions)
        self.given = 0
        self.counted = 0
        self.begun = 0
        self.number = 0
        self.seen: dict[str, int] = {}

    def apart(self, product: str, day: int) -> tuple[int, int, str]:
        """What the spacings in force on ``day`` ask for: first day, first day with grace, the spacing's id."""
        due = accepted = 0
        deciding = ""
        for spacing in self.program.spacings.get(product, ()):
            if not spacing.dated.start <= day <= spacing.dated.end:
                continue
            before = max((self.seen.get(code, 0) for code in spacing.after), default=0)
            if before:
                reached = spacing.interval.after(before)
                due = max(due, reached)
                if reached - spacing.grace > accepted:
                    accepted, deciding = reached - spacing.grace, spacing.id
        return due, accepted, deciding

    def foresee(self, target: Target, offers: Sequence[Offer]) -> NextDose | None:
        """The next dose as ``target`` (a kind and its number), or None where no product can ever be given."""
        patient = target[0] == "primary"
        days = [found for found in [self._product(offer, patient) for offer in offers] if found is not None]
        if not days:
            return None
        if len(days) > 1:
            soonest = min(days)
            # What waits until long after the dose is due (a child's grown-up vaccine) is no option for it.
            horizon = max(soonest[2], soonest[3], self.today)
            days = [found for found in days if found[0] <= horizon or not self._waits(found)]
            if len(days) > 1:
                days.sort(key=lambda found: (not found[5].rule.preferred, found[0], found[1]))
        kind, number = target
        options = tuple([_option(found) for found in days])
        leading = options[0]
        return NextDose(self.number + 1, kind, number, leading.earliest, leading.recommended, leading.latest, options)

    def _waits(self, found: _Found) -> bool:
        """Whether a product is late not because of its interval but because it waits for an age or for its rule."""
        rule = found[5]
        base = self.counted if rule.from_counted else self.given
        due = rule.interval.after(base) if base else 0
        if base and rule.since_first is not None and self.begun:
            due = max(due, rule.since_first.after(self.begun))
        return found[0] > due

    def _product(self, offer: Offer, patient: bool) -> _Found | None:
        """When one product can be the next dose; None where no day is today or later.

        ``patient``: an age is waited for however long it takes, whatever the pack says.
        """
        product, windows, past = offer
        today = self.today
        best: Window | None = None
        best_rank = (NEVER, False, False)
        earliest = end = 0
        elapsed: list[Window] = []
        for window in windows:
            low, high = self._days(window, product.product.code, patient)
            if high < low:
                continue
            if high < today:
                elapsed.append(window)
                continue
            rule = window.rule
            rank = (low if low > today else today, not rule.rule.preferred, rule.rule.agreement)
            if best is None or rank < best_rank:
                best, best_rank, earliest, end = window, rank, low, high
            elif rank == best_rank and low < earliest and rule.terms == best.rule.terms:
                earliest, end = low, high
        if best is None:
            return None
        rule = best.rule
        if elapsed or (past and earliest == best.start):
            earliest = self._since(earliest, [*past, *elapsed], rule, product.product.code)
        wished, latest = self._wished(rule, earliest, end)
        if (wished == end or latest == end) and len(windows) > 1:
            wished, latest = self._wished(rule, earliest, self._until(end, windows, rule, product.product.code))
        return earliest, product.order, wished, latest, product.product.code, rule

    def _since(self, earliest: int, windows: Sequence[Window], rule: CompiledRule, code: str) -> int:
        """Since when the terms of ``rule`` let the product be given: also under a document, an approval or an age group
        before, where this one followed without a gap."""
        same = [self._days(window, code, True) for window in windows if window.rule.terms == rule.terms]
        for low, high in sorted(same, key=lambda days: days[1], reverse=True):
            if low <= high and high + 1 >= earliest > low:
                earliest = low
        return earliest

    def _until(self, end: int, windows: Sequence[Window], rule: CompiledRule, code: str) -> int:
        """Until when the same terms go on without a gap."""
        same = [self._days(window, code, True) for window in windows if window.rule.terms == rule.terms]
        for low, high in sorted(same):
            if low <= end + 1 and high > end:
                end = high
        return end

    def _days(self, window: Window, code: str, patient: bool) -> tuple[int, int]:
        """The first and the last day of a window for this person; (1, 0) where there are none or too far away."""
        rule = window.rule
        low, high = max(window.start, self.last), window.end
        base = self.counted if rule.from_counted else self.given
        if base:
            due = rule.interval.after(base)
            if due > low:
                low = due
            if rule.since_first is not None and self.begun:
                low = max(low, rule.since_first.after(self.begun))
            if rule.maximum is not None:
                high = min(high, rule.maximum.after(base))
        if self.seen:
            low = max(low, self.apart(code, max(low, self.today))[0])
        due = low
        for young in window.minimum:
            if self.last + young.most > low:
                low = max(low, young.after(self.last))
        wait = self.program.wait_for_age
        if low > due and wait is not None and not patient and low > wait.after(max(due, self.today)):
            return _NO_DAYS
        for old in window.maximum:
            if self.first + old.most <= low:
                return _NO_DAYS
            high = min(high, old.after(self.first) - 1)
        if window.cohort is not None and window.cohort.born(self.first, self.last) < 2:
            return _NO_DAYS
        return low, high

    def _wished(self, rule: CompiledRule, earliest: int, end: int) -> tuple[int, int]:
        """The rule's recommended and latest day (0: none) between ``earliest`` and ``end``."""
        base = self.counted if rule.from_counted else self.given
        wished = rule.recommended.after(base) if base else earliest
        if rule.plain:
            return min(max(wished, earliest), end), 0
        if rule.recommended_age is not None:
            wished = max(wished, rule.recommended_age.after(self.last))
        if rule.recommended_since_first is not None and self.begun:
            wished = max(wished, rule.recommended_since_first.after(self.begun))
        wished = min(max(wished, earliest), end)
        limits = [span.after(base) for span in (rule.latest, rule.maximum) if span is not None] if base else []
        if rule.latest_age is not None:
            limits.append(rule.latest_age.after(self.last))
        if rule.latest_since_first is not None and self.begun:
            limits.append(rule.latest_since_first.after(self.begun))
        return wished, max(min(*limits, end), wished) if limits else 0


def _option(found: _Found) -> NextOption:
    earliest, _order, wished, latest, code, compiled = found
    rule = compiled.rule
    return NextOption(
        code,
        date.fromordinal(earliest),
        date.fromordinal(wished),
        date.fromordinal(latest) if latest else None,
        rule.agreement,
        rule.preferred,
        rule.id,
        rule.dose_ml,
        rule.remark,
    )
