"""The schedule engine: judges each dose of a history with a reason and foresees the next one. Pure, no disease known.

How it judges
- Doses are taken in the order of their days, whatever the order of the input. Each one is judged by the rules and
  approvals in force *on its own day*; a later dose never changes an earlier verdict.
- A dose that does not count stays in the record and in the result. Spans run from the last dose given, valid or not,
  where the rule says ``last_dose``, else from the last counted one.
- Of several doses on one day at most one counts: a valid one if there is one; the others are duplicates.
- A dose within a rule's days of grace, of interval or of age, is valid and marked so. There is no grace unless the
  pack states it.
- Other vaccines of a history are not judged; only their day matters, where the pack states a spacing.

How it counts days
- ``8 weeks`` after 2021-05-03 is 2021-06-28, the first day on which the dose is in time.
- Months and years keep the day of the month; a day that does not exist becomes the first of the next month
  (31 August plus 6 months is 1 March; who was born on 29 February is 18 on 1 March of a common year). This agrees with
  Bộ luật Dân sự 2015, Điều 148: the span ends with the end of the month's last day.
- A birth date without day or month: a given dose is wrong only if it is wrong for every possible birthday, and marked
  doubtful where it is for some; the forecast begins when the age is sure.

How it foresees: see ``schedule_forecast``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from vaxdesk.domain.campaign import Campaign, LocalText
from vaxdesk.domain.dates import PartialDate, format_date
from vaxdesk.domain.schedule_forecast import Standing
from vaxdesk.domain.schedule_program import CompiledProduct, CompiledRule, Program, program_of
from vaxdesk.domain.schedule_result import (
    BEFORE_BIRTH,
    DUPLICATE,
    IN_FUTURE,
    NOT_ALLOWED,
    NOT_APPROVED,
    NOT_NEEDED,
    OTHER_VACCINE,
    REASONS,
    TOO_EARLY,
    TOO_LATE,
    UNKNOWN_PRODUCT,
    VALID,
    WRONG_AGE,
    WRONG_SEX,
    DoseVerdict,
    Evaluation,
    GivenDose,
    NextDose,
    NextOption,
)
from vaxdesk.domain.schedule_spans import NEVER

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


class _Person(Standing):
    """One evaluation under way: the doses in the order of their days, each judged once."""

    __slots__ = ("verdicts",)

    def __init__(self, program: Program, birth: PartialDate, sex: str, on: date, conditions: Iterable[str]) -> None:
        super().__init__(program, birth, sex, on, conditions)
        self.verdicts: list[DoseVerdict] = []

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
        others = self.program.others
        own = [i for i in range(len(doses)) if not others or doses[i].product not in others]
        if len(own) > 1:
            self._settle(verdicts, own)
        self.verdicts += verdicts
        for verdict in verdicts:
            self._count(verdict, day)
        if own:
            self.given = day
        if self.program.spacings:
            self.seen.update((dose.product, day) for dose in doses)

    @staticmethod
    def _settle(verdicts: list[DoseVerdict], own: Sequence[int]) -> None:
        """Of several doses of a day, leave the best one as it is; what it or an equal one repeats is a duplicate."""
        chosen = min(own, key=lambda i: (not verdicts[i].valid, verdicts[i].within_grace, i))
        for place, i in enumerate(own):
            repeated = place > 0 and verdicts[i].product == verdicts[own[place - 1]].product
            if i != chosen and verdicts[i].reason != UNKNOWN_PRODUCT and (verdicts[chosen].valid or repeated):
                verdicts[i] = DoseVerdict(verdicts[i].date, verdicts[i].product, False, DUPLICATE)

    def _count(self, verdict: DoseVerdict, day: int) -> None:
        """Step on, where the dose counts."""
        if verdict.kind is None or not verdict.valid:
            return
        course = self.position.course
        if verdict.to_course or not course:
            course = self.program.course(
                self.position, verdict.product, day, self.first, self.last, named=verdict.to_course
            )
        self.position = self.position.step(verdict.kind, verdict.product, course)
        self.number += 1
        self.counted = day
        self.begun = self.begun or day

    def _judge(self, dose: GivenDose, day: int) -> DoseVerdict:
        product = self.program.products.get(dose.product)
        if product is None:
            reason = OTHER_VACCINE if dose.product in self.program.others else UNKNOWN_PRODUCT
            return DoseVerdict(dose.date, dose.product, False, reason, values={"product": dose.product})
        approved = right_sex = False
        sure = early = 0
        for approval in product.approvals:
            if not approval.dated.start <= day <= approval.dated.end:
                continue
            approved = True
            sex = self.position.sex
            if approval.sex and sex and approval.sex != sex:
                continue
            right_sex = True
            fits = approval.ages.fits(day, self.first, self.last)
            young = approval.ages.early(day, self.first) if fits else 0
            if fits and (not sure or young < early or (young == early and fits > sure)):
                sure, early = fits, young
            if sure == 2 and not early:
                break
        if sure:
            return self._judge_by_rules(dose, day, product, sure, early)
        reason = WRONG_AGE if right_sex else WRONG_SEX if approved else NOT_APPROVED
        return self._invalid(dose, reason, product)

    def _judge_by_rules(
        self, dose: GivenDose, day: int, product: CompiledProduct, sure: int, young: int
    ) -> DoseVerdict:
        """Take the first rule that makes the dose valid without grace, else with grace, else the nearest failure.

        Rules that are not offered come last among those that make it valid. ``young``: days before the least age.
        """
        position = self.position
        nearest: tuple[int, int, CompiledRule, int] | None = None
        apart, accepted, spacing = self.apart(dose.product, day) if self.seen else (0, 0, "")
        for rule in position.by_product.get(dose.product, ()):
            if not rule.dated.start <= day <= rule.dated.end:
                continue
            fits = 2 if rule.ages is None else rule.ages.fits(day, self.first, self.last)
            base = self.counted if rule.from_counted else self.given
            due = rule.interval.after(base) if base else 0
            since = due - rule.grace if rule.absolute is None or not base else rule.absolute.after(base)
            if rule.since_first is not None and self.begun:
                begun = rule.since_first.after(self.begun)
                due, since = max(due, begun), max(since, begun - rule.grace)
            if apart:
                due, since = max(due, apart), max(since, accepted)
            if not fits:
                failure = (5, 0, rule, due)
            elif day < since:
                failure = (4, due - day, rule, due)
            elif rule.maximum is not None and base and day > rule.maximum.after(base):
                failure = (6, 0, rule, rule.maximum.after(base))
            elif day >= due and rule.rule.offered:
                return self._valid(dose, rule, min(sure, fits), 0, young, due)
            else:
                failure = ((1 if rule.rule.offered else 2 if day >= due else 3), max(0, due - day), rule, due)
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
        if failed <= 3:
            fits = 2 if rule.ages is None else rule.ages.fits(day, self.first, self.last)
            return self._valid(dose, rule, min(sure, fits), days, young, due)
        if failed == 4:
            deciding = spacing if spacing and day < accepted else rule.rule.id
            return DoseVerdict(
                dose.date, dose.product, False, TOO_EARLY, days, rule=deciding, earliest=date.fromordinal(due)
            )
        if failed == 5:
            return self._invalid(dose, WRONG_AGE, product, rule.rule.id)
        limit = {"latest": format_date(date.fromordinal(due))}
        return self._invalid(dose, TOO_LATE, product, rule.rule.id, limit)

    def _valid(self, dose: GivenDose, rule: CompiledRule, sure: int, days: int, young: int, due: int) -> DoseVerdict:
        told = rule.rule
        if rule.ages is not None and rule.ages.lenient:
            young = max(young, rule.ages.early(dose.date.toordinal(), self.first))
        early = max(days, young)
        return DoseVerdict(
            dose.date,
            dose.product,
            True,
            VALID,
            early,
            self.number + 1,
            told.kind,
            self.position.next_number(told.kind) if told.repeats else told.number,
            early > 0,
            told.agreement,
            sure == 1,
            told.id,
            date.fromordinal(due) if due else None,
            told.to_course,
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


def product_label(campaign: Campaign, code: str) -> LocalText:
    """The label of a product of the pack, or the code itself where the pack does not know it."""
    product = campaign.products.get(code)
    return product.label if product is not None else LocalText(code, code)
