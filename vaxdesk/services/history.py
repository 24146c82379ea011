"""A person's history as the schedule judges it: what the doses' and the certificates' use cases share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from vaxdesk.db.tables import Immunization, Person
from vaxdesk.domain import schedule
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import Evaluation, GivenDose


def given_doses(rows: Sequence[Immunization]) -> list[GivenDose]:
    """The schedule's picture of stored doses (current, completed ones only)."""
    return [
        GivenDose(PartialDate.parse(row.occurred).latest(), row.product_code)
        for row in rows
        if row.status == "completed" and row.current
    ]


def evaluate(campaign: Campaign, person: Person, doses: Sequence[GivenDose], on: date) -> Evaluation:
    """Judge some doses of a person on a day, by what is known of her."""
    birth = PartialDate.parse(person.birth_date)
    return schedule.evaluate(campaign, birth, person.sex, doses, on, person.conditions)
