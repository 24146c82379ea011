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
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from vaxdesk.domain.campaign import Campaign, LocalText
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.schedule_program import (
    NEVER,
    Choice,
    CompiledProduct,
    CompiledRule,
    Program,
    Target,
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
    for target, choices in position.forecasts:
        if choices:
            upcoming = person.foresee(target, choices)
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
    """One evaluation under way. Days are ordinals; ``given`` and ``counted`` are the last dose's days, 0 for none."""

    __slots__ = ("counted", "first", "given", "last", "number", "position", "program", "today", "verdicts")

    def __init__(self, program: Program, birth: PartialDate, sex: str, on: date, conditions: Iterable[str]) -> None:
        self.program = program
        self.first = birth.earliest().toordinal()
        self.last = self.first if birth.day is not None else birth.latest().toordinal()
        self.today = on.toordinal()
        self.position = program.start(sex, conditions)
        self.given = 0
        self.counted = 0
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

    def foresee(self, target: Target, choices: Sequence[Choice]) -> NextDose | None:
        """The next dose as ``target`` (a kind and its number), or None where no product can ever be given."""
        found: list[tuple[bool, int, int, NextOption]] = []
        for choice in choices:
            option = self._option(choice)
            if option is not None:
                found.append((not option.preferred, option.earliest.toordinal(), choice[0].order, option))
        if not found:
            return None
        if len(found) > 1:
            found.sort(key=lambda entry: entry[:3])
        leading = found[0][3]
        kind, number = target
        return NextDose(
            self.number + 1,
            kind,
            number,
            date.fromordinal(min(entry[1] for entry in found)),
            leading.recommended,
            leading.latest,
            tuple([entry[3] for entry in found]),
        )

    def _option(self, choice: Choice) -> NextOption | None:
        """The days on which one product can be the next dose; None where none lies today or later."""
        product, approvals, rules = choice
        today = self.today
        earliest = NEVER
        best: CompiledRule | None = None
        best_rank = (NEVER, False, False)
        best_window = (0, 0)
        for rule in rules:
            dated = rule.dated
            if dated.known > today:
                continue
            base = self.counted if rule.from_counted else self.given
            low, high = dated.start, dated.end_known_on(today)
            if base:
                low = max(low, rule.interval.after(base))
                if rule.maximum is not None:
                    high = min(high, rule.maximum.after(base))
            if rule.ages is not None:
                young, old = rule.ages.window(self.first, self.last)
                low, high = max(low, young), min(high, old)
            if low > high:
                continue
            for approval in approvals:
                if approval.dated.known > today:
                    continue
                young, old = approval.ages.window(self.first, self.last)
                start = max(low, approval.dated.start, young)
                end = min(high, approval.dated.end_known_on(today), old)
                if start > end:
                    continue
                earliest = min(earliest, start)
                rank = (max(start, today), not rule.rule.preferred, rule.rule.agreement)
                if end >= today and (best is None or rank < best_rank):
                    best, best_rank, best_window = rule, rank, (start, end)
        if best is None:
            return None
        base = self.counted if best.from_counted else self.given
        wished = min(max(best.recommended.after(base) if base else earliest, best_window[0]), best_window[1])
        latest = None
        if base and (best.latest is not None or best.maximum is not None):
            limits = [span.after(base) for span in (best.latest, best.maximum) if span is not None]
            latest = date.fromordinal(max(min(*limits, best_window[1]), wished))
        return NextOption(
            product.product.code,
            date.fromordinal(earliest),
            date.fromordinal(wished),
            latest,
            best.rule.agreement,
            best.rule.preferred,
            best.rule.id,
            best.rule.dose_ml,
        )


def product_label(campaign: Campaign, code: str) -> LocalText:
    """The label of a product of the pack, or the code itself where the pack does not know it."""
    product = campaign.products.get(code)
    return product.label if product is not None else LocalText(code, code)
