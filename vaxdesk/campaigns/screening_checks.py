"""What must hold within a screening form: ids, parents, one eligible outcome, and its worked examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from vaxdesk.campaigns.tables import Table
from vaxdesk.domain.screening import Person, evaluate, nothing_found
from vaxdesk.domain.screening_form import Example, Kind, NextList, ScreeningForm
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_


def check(root: Table, form: ScreeningForm) -> None:
    """Note every contradiction of a form; run its examples when nothing else is wrong with its file or the products."""
    _ids(root, form)
    _questions(root, form)
    _outcomes(root, form)
    _rules(root, form)
    files = (root.file, "products.toml")
    if not any(problem.severity == "error" and problem.file in files for problem in root.folder.problems):
        for example in form.examples:
            for expected, found in differences(form, example):
                root.refuse(
                    f"examples {example.id}",
                    N_("The example gives {value}."),
                    N_("Expected {expected}, as the example states."),
                    value=found,
                    expected=expected,
                )


def differences(form: ScreeningForm, example: Example) -> list[tuple[str, str]]:
    """Where an example's result differs from what it states: ``(stated, found)``; empty when all agree."""
    person = Person(example.age, example.sex)
    answers = {**nothing_found(form, example.product, example.sex), **example.answers}
    vitals = {**normal_vitals(form), **example.vitals}
    try:
        result = evaluate(form, example.product, person, answers, vitals)
    except InputError as error:
        return [(example.leading, error.words())]
    found = result.leading.code if result.leading is not None else "-"
    pairs = [(example.leading, found)]
    used = {item.rule.id for item in result.triggered}
    pairs += [(rule, ", ".join(sorted(used)) or "-") for rule in example.rules if rule not in used]
    pairs += [("-", item.id) for item in result.missing]
    return [pair for pair in pairs if pair[0] != pair[1]]


def normal_vitals(form: ScreeningForm) -> dict[str, float]:
    """A normal value of each measurement that is a must: for examples that are about something else."""
    found = {}
    for vital in form.vitals:
        if vital.asked.always:
            low = vital.low if vital.low is not None else vital.plausible[0]
            high = vital.high if vital.high is not None else vital.plausible[1]
            found[vital.id] = (low + high) / 2
    return found


def _ids(root: Table, form: ScreeningForm) -> None:
    for key, ids in (
        ("questions", [question.id for question in form.questions]),
        ("rules", [rule.id for rule in form.rules]),
        ("examples", [example.id for example in form.examples]),
        ("header", [line.id for line in form.header]),
    ):
        for identifier in _twice(ids):
            root.refuse(key, N_("The id {id} is used twice."), N_("Expected an id of its own."), id=identifier)


def _twice(ids: list[str]) -> Iterator[str]:
    return (identifier for identifier, count in Counter(ids).items() if count > 1)


def _questions(root: Table, form: ScreeningForm) -> None:
    headings = [question.id for question in form.questions if question.kind is Kind.HEADING]
    for question in form.questions:
        if question.parent and question.parent not in headings:
            root.refuse(
                f"questions {question.id} parent",
                N_("The value {value} is not known."),
                N_("Expected one of: {choices}."),
                value=question.parent,
                choices=", ".join(headings),
            )
    for vital in form.vitals:
        low, high = vital.plausible
        if low >= high:
            root.refuse(
                f"vitals.{vital.id} plausible_high",
                N_("The number {value} is out of range."),
                N_("Expected a number above {minimum}."),
                value=high,
                minimum=low,
            )


def _outcomes(root: Table, form: ScreeningForm) -> None:
    eligible = [outcome.code for outcome in form.outcomes.values() if outcome.eligible]
    if len(eligible) != 1:
        root.refuse(
            "outcomes",
            N_("{count} outcomes are marked eligible."),
            N_("Expected exactly one, the outcome when nothing is found."),
            count=len(eligible),
        )
    lightest = min((outcome.gravity for outcome in form.outcomes.values()), default=0)
    for outcome in form.outcomes.values():
        if outcome.eligible and outcome.gravity != lightest:
            root.refuse(
                f"outcomes.{outcome.code} gravity",
                N_("The number {value} is out of range."),
                N_("Expected the lowest gravity for the eligible outcome."),
                value=outcome.gravity,
            )


def _rules(root: Table, form: ScreeningForm) -> None:
    ruled = {rule.item for rule in form.rules}
    for question in form.questions:
        if question.kind in (Kind.BOOL, Kind.NUMBER) and question.id not in ruled:
            root.refuse(
                f"questions {question.id}",
                N_("No rule says what follows from this question."),
                N_("Expected a rule with this item, or kind text."),
            )
    shown = {rule for example in form.examples for rule in example.rules}
    for rule in form.rules:
        if rule.id not in shown:
            root.warn(f"rules {rule.id}", N_("No example shows this rule."), N_("Expected at least one example."))
        outcome = form.outcomes.get(rule.outcome)
        if outcome is not None and outcome.next is NextList.REFER_HOSPITAL and not rule.place:
            root.refuse(
                f"rules {rule.id} place",
                N_("The key is missing."),
                N_("Expected the place to which the person is sent."),
            )
