"""Records screenings: the answers as asked, the outcome as judged, an override with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from vaxdesk import clock
from vaxdesk.db.tables import Person, Screening
from vaxdesk.domain import screening as rules
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.screening import NextList, ScreeningForm, ScreeningResult
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.services.context import Context
from vaxdesk.services.visits import current_visit


@dataclass(frozen=True)
class RecordScreening:
    """A filled form. ``outcome`` is the screener's own choice where it differs from the rules, with ``reason``."""

    visit_id: str
    form_id: str
    product_code: str
    answers: Mapping[str, Any]
    vitals: Mapping[str, Any]
    decisions: Mapping[str, str] = field(default_factory=dict)
    outcome: str = ""
    reason: str = ""
    despite_missing: bool = False


def judge(
    campaign: Campaign, command: RecordScreening, birth: PartialDate, sex: str, day: date
) -> tuple[ScreeningForm, ScreeningResult]:
    """Judge a form without storing it: what the page shows while it is filled.

    :raises FieldError: the campaign has no such form.
    """
    form = campaign.screening_forms.get(command.form_id)
    if form is None:
        raise FieldError("form", "Choose the screening form.")
    person = rules.Person(age=birth.age_on(day), sex=sex)
    result = rules.evaluate(form, command.product_code, person, command.answers, command.vitals, command.decisions)
    return form, result


def record(ctx: Context, command: RecordScreening) -> NextList:
    """Store a screening and return the list the person stands on next.

    :raises FieldError: a question is unanswered (named), or a reason is missing. :raises KnownError: no such visit.
    """
    ctx.require("screen")
    campaign = ctx.campaign()
    with ctx.write() as uow:
        visit = current_visit(uow, command.visit_id)
        person = uow.get(Person, visit.person_id)
        if person is None:
            raise KnownError("The person is not there any more. Search again.")
        day = clock.local_date(uow.now)
        form, result = judge(campaign, command, PartialDate.parse(person.birth_date), person.sex, day)
        conclusion = rules.conclude(
            form, result, command.outcome, command.reason, despite_missing=command.despite_missing
        )
        deferred = day + timedelta(days=result.recall_days) if result.recall_days else None
        values: dict[str, Any] = {
            "campaign": campaign.code,
            "campaign_version": campaign.version,
            "form": form.id,
            "product_code": command.product_code,
            "answers": dict(command.answers),
            "vitals": dict(command.vitals),
            "outcomes": [outcome.code for outcome in result.outcomes],
            "outcome": conclusion.outcome.code,
            "next_list": conclusion.next.value,
            "reason": conclusion.reason,
            "override_reason": conclusion.reason if conclusion.overridden or conclusion.despite_missing else "",
            "deferred_until": deferred if conclusion.next is NextList.RECALL else None,
            "at": uow.now,
        }
        earlier = uow.first(Screening, visit_id=visit.record_id, current=True, status="completed")
        if earlier is None:
            row = uow.record(Screening(person_id=person.id, visit_id=visit.record_id, **values))
        else:
            row = uow.supersede(earlier, command.reason or "screened again", **values)
        uow.audit(
            "screening", "person", person.id, {"record": row.record_id, "version": row.version, "outcome": row.outcome}
        )
        uow.send(
            "QuestionnaireResponse",
            row.record_id,
            version=row.version,
            visit_id=visit.record_id,
            person_id=person.id,
        )
        uow.commit()
    return conclusion.next
