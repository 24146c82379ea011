"""The schedule engine: judges each dose of a history with a reason and foresees the next one. Pure, no disease known.

How it judges
- Doses are taken in the order of their days, whatever the order of the input. Each one is judged by the rules and
  approvals in force *on its own day*; a later dose never changes an earlier verdict.
- A dose that does not count stays in the record and in the result. Spans run from the last dose given, valid or not,
  where the rule says ``last_dose``, else from the last counted one.
- Of several doses on one day at most one counts: a valid one if there is one; the others are duplicates.
- A dose within a rule's days of grace is valid and marked so. There is no grace unless the pack states it.

How it counts days
- ``8 weeks`` after 2021-05-03 is 2021-06-28, the first day on which the dose is in time.
- Months and years keep the day of the month; a day that does not exist becomes the first of the next month
  (31 August plus 6 months is 1 March; who was born on 29 February is 18 on 1 March of a common year). This agrees with
  Bộ luật Dân sự 2015, Điều 148: the span ends with the end of the month's last day.
- A birth date without day or month: a given dose is wrong only if it is wrong for every possible birthday, and marked
  doubtful where it is for some; the forecast begins when the age is sure.

How it foresees
- For every allowed product, ``earliest`` is the first day on which such a dose would be judged valid, by the rules
  known on the day of asking: those in force by then and those announced. That a rule will end is held for known unless
  it is only replaced by one that is not known yet.
- Products that can only be given after the dose is due by the others are no options. An additional dose or a booster
  that only waits for an age is not announced more than a year ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from vaxdesk.domain.campaign import Campaign, LocalText
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.schedule_program import (
    NEVER,
    CompiledProduct,
    CompiledRule,
    Offer,
    Program,
    Target,
    Window,
    plus_months,
    program_of,
)
from vaxdesk.domain.schedule_result import (
    BEFORE_BIRTH,
    DUPLICATE,
    IN_FUTURE,
    NOT_ALLOWED,
    NOT_APPROVED,
    NOT_NEEDED,
    REASONS,
    TOO_EARLY,
    TOO_LATE,
    UNKNOWN_PRODUCT,
    VALID,
    WRONG_AGE,
    DoseVerdict,
    Evaluation,
    GivenDose,
    NextDose,
    NextOption,
)

#: An additional dose or a booster that waits for an age is announced at most this many days ahead.
AGE_WAIT_DAYS = 366

__all__ = ["REASONS", "DoseVerdict", "Evaluation", "GivenDose", "NextDose", "NextOption", "evaluate"]


def evaluate(
    campaign: Campaign,
    birth: PartialDate,
    sex: str,
    doses: Sequence[GivenDose],
    on: date,
    conditions: Iterable[str] = (),
) -> Evaluation:
    """Judge a history on the day ``on`` and foresee the next dose.

    ``sex`` is ``male``, ``female`` or empty; ``conditions`` are ids of the pack's conditions that are known of the
    person (a rule with conditions applies only then). Doses after ``on`` are errors in the data and do not count.
    """
    program = program_of(campaign)
    person = _Person(program, birth, sex, on, conditions)
    if doses:
        person.judge_all(doses)
    position = person.position
    upcoming = None
    for target, offers in position.offers(person.today):
        upcoming = person.foresee(target, offers)
        if upcoming is not None:
            break
    return Evaluation(
        tuple(person.verdicts),
        upcoming,
        position.complete,
        "complete" if position.complete else "begun" if person.number else "none",
        person.number,
        len(position.primary),
        position.additional,
        position.boosters,
        position.required,
    )


class _Person:
    """One evaluation under way. Days are ordinals; ``given`` and ``counted`` are the last dose's days and ``begun`` the
    first counted one's, 0 for none."""

    __slots__ = ("begun", "counted", "first", "given", "last", "number", "position", "program", "today", "verdicts")

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
        self.verdicts: list[DoseVerdict] = []

    # ------------------------------------------------------------------ judging

    def judge_all(self, doses: Sequence[GivenDose]) -> None:
        if len(doses) == 1:
            self._judge_day(doses)
            return
        products = self.program.products

        def order(dose: GivenDose) -> tuple[date, int, str]:
            product = products.get(dose.product)
            return dose.date, NEVER if product is None else product.order, dose.product

        ordered = sorted(doses, key=order)
        start = 0
        for end in range(1, len(ordered) + 1):
            if end == len(ordered) or ordered[end].date != ordered[start].date:
                self._judge_day(ordered[start:end])
                start = end

    def _judge_day(self, doses: Sequence[GivenDose]) -> None:
        """Judge the doses of one day; at most one of them counts."""
        day = doses[0].date.toordinal()
        if day > self.today or day < self.first:
            reason = IN_FUTURE if day > self.today else BEFORE_BIRTH
            self.verdicts += [DoseVerdict(dose.date, dose.product, False, reason) for dose in doses]
            return
        verdicts = [self._judge(dose, day) for dose in doses]
        chosen = 0
        if len(verdicts) > 1:
            order = range(len(verdicts))
            chosen = min(order, key=lambda i: (not verdicts[i].valid, verdicts[i].within_grace, i))
            for i in order:
                repeated = i > 0 and doses[i].product == doses[i - 1].product
                if i == chosen or verdicts[i].reason == UNKNOWN_PRODUCT:
                    continue
                if verdicts[chosen].valid or repeated:
                    verdicts[i] = DoseVerdict(doses[i].date, doses[i].product, False, DUPLICATE)
        self.verdicts += verdicts
        best = verdicts[chosen]
        if best.valid and best.kind is not None:
            required = self.position.required or self.program.required(
                self.position, best.product, day, self.first, self.last
            )
            self.position = self.position.step(best.kind, best.product, required)
            self.number += 1
            self.counted = day
            self.begun = self.begun or day
        self.given = day

    def _judge(self, dose: GivenDose, day: int) -> DoseVerdict:
        product = self.program.products.get(dose.product)
        if product is None:
            shown = {"product": dose.product}
            return DoseVerdict(dose.date, dose.product, False, UNKNOWN_PRODUCT, values=shown)
        approved = False
        sure = 0
        for approval in product.approvals:
            if approval.dated.start <= day <= approval.dated.end:
                approved = True
                sex = self.position.sex
                if not approval.sex or not sex or approval.sex == sex:
                    sure = max(sure, approval.ages.fits(day, self.first, self.last))
                    if sure == 2:
                        break
        if not approved:
            return self._invalid(dose, NOT_APPROVED, product)
        if not sure:
            return self._invalid(dose, WRONG_AGE, product)
        return self._judge_by_rules(dose, day, product, sure)

    def _judge_by_rules(self, dose: GivenDose, day: int, product: CompiledProduct, sure: int) -> DoseVerdict:
        """Take the first rule that makes the dose valid without grace, else with grace, else the nearest failure."""
        position = self.position
        nearest: tuple[int, int, CompiledRule, int] | None = None
        for rule in position.by_product.get(dose.product, ()):
            if not rule.dated.start <= day <= rule.dated.end:
                continue
            fits = 2 if rule.ages is None else rule.ages.fits(day, self.first, self.last)
            base = self.counted if rule.from_counted else self.given
            due = rule.interval.after(base) if base else 0
            if rule.since_first is not None and self.begun:
                due = max(due, rule.since_first.after(self.begun))
            if not fits:
                failure = (3, 0, rule, due)
            elif day >= due:
                if rule.maximum is None or not base or day <= rule.maximum.after(base):
                    return self._valid(dose, rule, min(sure, fits), 0, due)
                failure = (4, 0, rule, rule.maximum.after(base))
            elif day >= due - rule.grace:
                failure = (1, due - day, rule, due)
            else:
                failure = (2, due - day, rule, due)
            if nearest is None or failure[:2] < nearest[:2]:
                nearest = failure
        if nearest is None:
            if position.complete and not position.rule_in_force(day):
                return self._invalid(dose, NOT_NEEDED, product)
            values: dict[str, object] = {"number": self.number + 1}
            if position.last:
                values["after"] = self.program.products[position.last].product.label
            return self._invalid(dose, NOT_ALLOWED, product, values=values)
        failed, days, rule, due = nearest
        if failed == 1:
            return self._valid(dose, rule, sure, days, due)
        if failed == 2:
            earliest = date.fromordinal(due)
            return DoseVerdict(dose.date, dose.product, False, TOO_EARLY, days, rule=rule.rule.id, earliest=earliest)
        if failed == 3:
            return self._invalid(dose, WRONG_AGE, product, rule.rule.id)
        limit = {"latest": format_date(date.fromordinal(due))}
        return self._invalid(dose, TOO_LATE, product, rule.rule.id, limit)

    def _valid(self, dose: GivenDose, rule: CompiledRule, sure: int, days: int, due: int) -> DoseVerdict:
        told = rule.rule
        return DoseVerdict(
            dose.date,
            dose.product,
            True,
            VALID,
            days,
            self.number + 1,
            told.kind,
            told.number,
            days > 0,
            told.agreement,
            sure == 1,
            told.id,
            date.fromordinal(due) if due else None,
        )

    def _invalid(
        self,
        dose: GivenDose,
        reason: str,
        product: CompiledProduct,
        rule: str = "",
        values: Mapping[str, object] | None = None,
    ) -> DoseVerdict:
        shown = {"product": product.product.label, **(values or {})}
        return DoseVerdict(dose.date, dose.product, False, reason, rule=rule, values=shown)

    # ------------------------------------------------------------------ foreseeing

    def foresee(self, target: Target, offers: Sequence[Offer]) -> NextDose | None:
        """The next dose as ``target`` (a kind and its number), or None where no product can ever be given."""
        patient = target[0] == "primary"
        days = [found for found in [self._days(offer, patient) for offer in offers] if found is not None]
        if not days:
            return None
        soonest = days[0]
        if len(days) > 1:
            soonest = min(days)
            # What can only be given long after the dose is due (a child's grown-up vaccine) is no option for it.
            horizon = max(soonest[2], soonest[3], self.today)
            days = [found for found in days if found[0] <= horizon]
            if len(days) > 1:
                days.sort(key=lambda found: (not found[5].rule.preferred, found[0], found[1]))
        kind, number = target
        options = tuple([_option(found) for found in days])
        leading = options[0]
        return NextDose(
            self.number + 1,
            kind,
            number,
            date.fromordinal(soonest[0]),
            leading.recommended,
            leading.latest,
            options,
        )

    def _days(self, offer: Offer, patient: bool) -> _Days | None:
        """When one product can be the next dose; None where no day is today or later.

        ``patient``: an age is waited for however long it takes.
        """
        product, windows = offer
        today = self.today
        earliest = NEVER
        best: Window | None = None
        best_rank = (NEVER, False, False)
        best_start = best_end = 0
        for window in windows:
            rule = window.rule
            low, high = window.start, window.end
            base = self.counted if rule.from_counted else self.given
            if base:
                interval = rule.interval
                due = plus_months(base, interval.months) if interval.months else base + interval.days
                if due > low:
                    low = due
                if rule.since_first is not None and self.begun:
                    low = max(low, rule.since_first.after(self.begun))
                if rule.maximum is not None:
                    high = min(high, rule.maximum.after(base))
            due = low
            for young in window.minimum:
                if self.last + young.most > low:
                    low = max(low, young.after(self.last))
            if not patient and low > max(due, today) + AGE_WAIT_DAYS:
                continue
            for old in window.maximum:
                if self.first + old.most <= low:
                    high = 0
                    break
                high = min(high, old.after(self.first) - 1)
            if low > high:
                continue
            if low < earliest:
                earliest = low
            if high < today:
                continue
            rank = (max(low, today), not rule.rule.preferred, rule.rule.agreement)
            if best is None or rank < best_rank:
                best, best_rank, best_start, best_end = window, rank, low, high
        if best is None:
            return None
        if best_start > today:
            # Between two windows (too old for the child's dose, too young for the other) the past one is lost.
            earliest = best_start
        rule = best.rule
        base = self.counted if rule.from_counted else self.given
        wished, latest = earliest, 0
        if base:
            wished = min(max(rule.recommended.after(base), best_start), best_end)
            limits = [span.after(base) for span in (rule.latest, rule.maximum) if span is not None]
            if limits:
                latest = max(min(*limits, best_end), wished)
        return earliest, product.order, wished, latest, product.product.code, rule


#: One product's days: earliest, place in the pack, recommended, latest (0: none), code, rule.
_Days = tuple[int, int, int, int, str, CompiledRule]


def _option(found: _Days) -> NextOption:
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
    )


def product_label(campaign: Campaign, code: str) -> LocalText:
    """The label of a product of the pack, or the code itself where the pack does not know it."""
    product = campaign.products.get(code)
    return product.label if product is not None else LocalText(code, code)
