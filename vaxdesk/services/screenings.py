"""Records screenings: the answers as asked, the outcome as judged, an override with its reason."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from vaxdesk import clock, settings
from vaxdesk.db.tables import Person, Screening
from vaxdesk.domain import screening as rules
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.consent import check_recent_dose
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.screening import NextList, ScreeningForm, ScreeningResult
from vaxdesk.domain.screening_result import Remark
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.i18n import _
from vaxdesk.services.context import Context
from vaxdesk.services.visits import current_visit


@dataclass(frozen=True)
class RecordScreening:
    """A filled form. ``outcome`` is the screener's own choice where it differs from the rules, with ``reason``.

    ``conditions`` are those of the form that hold today; what is known of the person for good is added to them.
    ``next_list`` is another list than the outcome's own (a code of :class:`NextList`), against the same reason;
    ``recall_on`` the first day on which somebody deferred stands on lists again, None where nobody can say yet.
    """

    visit_id: str
    form_id: str
    product_code: str
    answers: Mapping[str, Any]
    vitals: Mapping[str, Any]
    decisions: Mapping[str, str] = field(default_factory=dict)
    conditions: Collection[str] = ()
    outcome: str = ""
    reason: str = ""
    despite_missing: bool = False
    next_list: str = ""
    recall_on: date | None = None


def judge(
    campaign: Campaign,
    command: RecordScreening,
    birth: PartialDate,
    sex: str,
    day: date,
    *,
    conditions: Collection[str] = (),
    capabilities: Collection[str] = (),
    recent: date | None = None,
) -> tuple[ScreeningForm, ScreeningResult]:
    """Judge a form without storing it: what the page shows while it is filled.

    ``conditions`` are those known of the person, ``capabilities`` those of this station (a setting), ``recent`` the
    day of the latest other vaccination: where a declaration speaks about it, both dates are warned of (R-11).

    :raises FieldError: the campaign has no such form.
    """
    form = campaign.screening_forms.get(command.form_id)
    if form is None:
        raise FieldError("form", "Choose the screening form.")
    known = {condition.id for condition in form.conditions}
    person = rules.Person(birth.age_on(day), sex, frozenset(known.intersection((*command.conditions, *conditions))))
    result = rules.evaluate(
        form,
        command.product_code,
        person,
        command.answers,
        command.vitals,
        command.decisions,
        frozenset(capabilities),
    )
    warned = recent_doses(campaign, day, recent)
    return form, replace(result, warnings=(*result.warnings, *warned)) if warned else result


def recent_doses(campaign: Campaign, day: date, recent: date | None) -> tuple[Remark, ...]:
    """What the campaign's declarations say of a vaccination so shortly before, with both dates."""
    declarations = campaign.consents.declarations_on(day) if campaign.consents is not None else ()
    found = (check_recent_dose(declaration, day, recent) for declaration in declarations)
    return tuple(remark for remark in found if remark is not None)


def record(ctx: Context, command: RecordScreening) -> NextList:
    """Store a screening and return the list the person stands on next.

    :raises FieldError: a question is unanswered (named), or a reason is missing. :raises KnownError: no such visit.
    """
    ctx.require("screen")
    campaign = ctx.campaign()
    capabilities = ctx.setting(settings.CAPABILITIES)
    with ctx.write() as uow:
        visit = current_visit(uow, command.visit_id)
        person = uow.get(Person, visit.person_id)
        if person is None:
            raise KnownError("The person is not there any more. Search again.")
        day = clock.local_date(uow.now)
        form, result = judge(
            campaign,
            command,
            PartialDate.parse(person.birth_date),
            person.sex,
            day,
            conditions=person.conditions,
            capabilities=capabilities,
        )
        conclusion = rules.conclude(
            form,
            result,
            command.outcome,
            command.reason,
            NextList(command.next_list) if command.next_list else None,
            despite_missing=command.despite_missing,
        )
        if command.recall_on is not None and command.recall_on <= day:
            raise FieldError("recall_on", "Choose a day after today.")
        proposed = day + timedelta(days=result.recall_days) if result.recall_days else None
        deferred = command.recall_on or proposed
        values: dict[str, Any] = {
            "campaign": campaign.code,
            "campaign_version": campaign.version,
            "form": form.id,
            "product_code": command.product_code,
            "answers": dict(command.answers),
            "vitals": dict(command.vitals),
            "decisions": dict(command.decisions),
            "conditions": sorted({*command.conditions, *person.conditions}),
            "capabilities": capabilities,
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
            row = uow.supersede(earlier, command.reason or _("Screened again"), **values)
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
