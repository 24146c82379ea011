"""Records consents: given, refused, withdrawn."""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk import clock
from vaxdesk.db.tables import Consent, Person
from vaxdesk.db.unit_of_work import UnitOfWork
from vaxdesk.domain import consent as rules
from vaxdesk.domain.consent import ConsentAnswer, ConsentStatus, How, Who
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.screening_result import Remark
from vaxdesk.errors import BugError, KnownError
from vaxdesk.queries import recent
from vaxdesk.services import screenings
from vaxdesk.services.context import Context
from vaxdesk.services.visits import current_visit


@dataclass(frozen=True)
class RecordConsent:
    """One answer. ``visit_id`` is empty when it was given outside a session."""

    person_id: str
    answer: ConsentStatus
    visit_id: str = ""
    who: Who = Who.SELF
    how: How = How.PAPER
    guardian_name: str = ""
    guardian_relation: str = ""
    guardian_phone: str = ""
    text_id: str = ""
    text_version: str = ""
    declared: frozenset[str] = frozenset()
    note: str = ""


def record(ctx: Context, command: RecordConsent) -> tuple[Remark, ...]:
    """Store an answer; returns the warnings that go with it: what is not declared, a vaccination shortly before.

    Without a text given, the one in force for the person's age is taken.

    :raises FieldError: a minor without a guardian, a withdrawal of nothing, a missing reason …
    """
    ctx.require("register", "screen", "inject")
    campaign = ctx.campaign()
    consents = campaign.consents
    if consents is None:
        raise KnownError("This campaign's pack states no consent form.")
    with ctx.write() as uow:
        person = uow.get(Person, command.person_id)
        if person is None:
            raise KnownError("The person is not there any more. Search again.")
        day = clock.local_date(uow.now)
        age = PartialDate.parse(person.birth_date).age_on(day)
        text = consents.text_for(age, day)
        answer = ConsentAnswer(
            status=command.answer,
            at=uow.now,
            who=command.who,
            how=command.how,
            guardian_name=command.guardian_name,
            relation=command.guardian_relation,
            text_id=command.text_id or (text.id if text else ""),
            text_version=command.text_version or (text.version if text else ""),
            declared=command.declared,
            note=command.note,
        )
        if command.visit_id and current_visit(uow, command.visit_id).person_id != person.id:
            raise BugError("the visit is another person's")
        warnings = rules.check_answer(consents, answer, age, day, history(uow, person.id, campaign.code))
        if answer.status is ConsentStatus.GIVEN:
            latest = recent.latest_vaccination(uow.session, person.id, day, but_visit=command.visit_id)
            warnings += screenings.recent_doses(campaign, day, latest)
        row = uow.record(
            Consent(
                person_id=person.id,
                visit_id=command.visit_id or None,
                campaign=campaign.code,
                answer=answer.status.value,
                by=answer.who.value,
                guardian_name=answer.guardian_name,
                guardian_relation=answer.relation,
                guardian_phone=command.guardian_phone,
                how=answer.how.value,
                text_id=answer.text_id,
                text_version=answer.text_version,
                declared=sorted(answer.declared),
                at=uow.now,
                note=answer.note,
            )
        )
        uow.audit("consent", "person", person.id, {"answer": row.answer, "record": row.record_id})
        uow.send("Consent", row.record_id, visit_id=command.visit_id, person_id=person.id)
        uow.commit()
    return warnings


def history(uow: UnitOfWork, person_id: str, campaign: str) -> list[ConsentAnswer]:
    """A person's answers, oldest first."""
    return [
        answer_of(row)
        for row in uow.find(Consent, Consent.at, person_id=person_id, campaign=campaign, current=True)
        if row.status == "completed"
    ]


def answer_of(row: Consent) -> ConsentAnswer:
    """The domain's picture of a stored answer."""
    return ConsentAnswer(
        status=ConsentStatus(row.answer),
        at=row.at,
        who=Who(row.by),
        how=How(row.how),
        guardian_name=row.guardian_name,
        relation=row.guardian_relation,
        text_id=row.text_id,
        text_version=row.text_version,
        declared=frozenset(row.declared),
        note=row.note,
    )
