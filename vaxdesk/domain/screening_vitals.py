"""The measurements of a screening form: reading them, their limits, and who should have had them."""

from __future__ import annotations

from collections.abc import Mapping

from vaxdesk.domain.dates import format_number
from vaxdesk.domain.screening_form import ScreeningForm
from vaxdesk.domain.screening_result import Person, Remark, Triggered
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_


def measure(form: ScreeningForm, vitals: Mapping[str, object]) -> tuple[dict[str, float], list[Remark]]:
    """Numbers by measurement id; what no living person has is set aside with a warning and counts as not measured."""
    by_id = {vital.id: vital for vital in form.vitals}
    usual = {vital.usual: vital for vital in form.vitals if vital.usual_excess is not None}
    measured: dict[str, float] = {}
    warnings: list[Remark] = []
    for key, value in sorted(_split_pressure(vitals).items()):
        vital = by_id.get(key) or usual.get(key)
        if vital is None:
            raise InputError(
                N_("The form {form} has no measurement “{vital}”; it has {known}"),
                form=form.id,
                vital=key,
                known=", ".join([*by_id, *usual]),
            )
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(N_("The measurement {vital} takes a number"), vital=key)
        if not vital.plausible[0] <= value <= vital.plausible[1]:
            warnings.append(
                Remark(
                    "implausible",
                    key,
                    N_("{vital}: {value} {unit} cannot be right; measure or type it again"),
                    {"vital": vital.label, "value": value, "unit": vital.unit},
                )
            )
            continue
        measured[key] = float(value)
    return measured, warnings


def _split_pressure(vitals: Mapping[str, object]) -> dict[str, object]:
    """``blood_pressure`` "120/80" (as it is said and typed) becomes the two numbers."""
    spread = dict(vitals)
    for prefix in ("", "usual_"):
        text = spread.pop(f"{prefix}blood_pressure", None)
        if text is None or text == "":
            continue
        parts = str(text).replace(" ", "").split("/")
        if len(parts) != 2 or not all(part.isdigit() for part in parts):
            raise InputError(N_("Write the blood pressure as two numbers, for example 120/80"))
        spread[f"{prefix}systolic"], spread[f"{prefix}diastolic"] = int(parts[0]), int(parts[1])
    return spread


def answer_by_vitals(
    form: ScreeningForm,
    measured: Mapping[str, float],
    given: Mapping[str, object],
    found: dict[str, str],
    warnings: list[Remark],
) -> dict[str, str]:
    """Measurements outside their limits answer their question with *yes*; the question's own *no* is contradicted."""
    by_question: dict[str, list[str]] = {}
    for vital in form.vitals:
        value = measured.get(vital.id)
        if value is None or vital.normal(value, measured.get(vital.usual)):
            continue
        if not vital.question:
            warnings.append(
                Remark(
                    "abnormal",
                    vital.id,
                    N_("{vital} {value} {unit} is outside the limits"),
                    {"vital": vital.label, "value": format_number(value, vital.decimals), "unit": vital.unit},
                )
            )
            continue
        by_question.setdefault(vital.question, []).append(
            f"{vital.label.vi} {format_number(value, vital.decimals)} {vital.unit}"
        )
        if given.get(vital.question) is False:
            warnings.append(
                Remark(
                    "contradiction",
                    vital.question,
                    N_("Question {number} says no, but {vital} {value} {unit} is outside the limits"),
                    {
                        "number": form.by_id[vital.question].number,
                        "vital": vital.label,
                        "value": format_number(value, vital.decimals),
                        "unit": vital.unit,
                    },
                )
            )
    shown = {question: "; ".join(values) for question, values in by_question.items()}
    for question, text in shown.items():
        found[question] = "; ".join(part for part in (found.get(question, ""), text) if part)
    return shown


def not_measured(
    form: ScreeningForm, person: Person, measured: Mapping[str, float], triggered: tuple[Triggered, ...]
) -> list[Remark]:
    """Measurements that this person should have had and that are empty: a warning, not a block."""
    findings = {item.item for item in triggered}
    warnings = []
    for vital in form.vitals:
        asked = vital.asked
        if asked.always or vital.id in measured:
            continue
        old = asked.over_age is not None and person.age is not None and person.age > asked.over_age
        found = asked.on_finding and vital.question in findings
        if asked.expected or old or found or asked.conditions & person.conditions:
            warnings.append(
                Remark(
                    "not_measured",
                    vital.id,
                    N_("{vital} is asked for this person and is still empty"),
                    {"vital": vital.label},
                )
            )
    return warnings
