"""What the schedule says of histories, judged once for each different one and kept for one pack and day.

Who can be told apart by no rule (``domain.age_classes``) and has the same doses shares a judgement. It may be thrown
away at any time and never travels.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import func, select

from vaxdesk.db.tables import Immunization, Person
from vaxdesk.domain import schedule
from vaxdesk.domain.age_classes import AgeClasses
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import PartialDate
from vaxdesk.domain.schedule import Evaluation, GivenDose

#: What is kept of a judgement.
T = TypeVar("T")
#: More different histories than a province has are a sign of a leak.
_MOST = 400_000


class Histories(Generic[T]):
    """The judgements of one pack on one day; ``keep`` takes what matters out of each."""

    def __init__(self, campaign: Campaign, day: date, keep: Callable[[Evaluation], T]) -> None:
        self.campaign = campaign
        self.day = day
        self._keep = keep
        self._classes = AgeClasses(campaign, day)
        self._by_sex = _sex_counts(campaign)
        #: None: with these doses the birth date itself decides.
        self._judged: dict[tuple[str, str, str, str | None], T | None] = {}

    def __len__(self) -> int:
        """How many different histories were judged."""
        return len(self._judged)

    def judge(self, birth: str, sex: str, conditions: str, doses: str | None) -> T:
        """The judgement of a history as the file says it: ``conditions`` as JSON, ``doses`` as :func:`doses_text`."""
        held = self._judged
        counting = sex if self._by_sex else ""
        history = (self._classes.of(birth), counting, conditions, doses)
        found = held.get(history)
        if found is not None:
            return found
        if len(held) > _MOST:
            held.clear()
        given = _given(doses)
        if any(dose.date < self._classes.begin for dose in given):
            held[history] = None
            # A mark that no class has: the two are never taken for each other.
            history = ("=" + birth, counting, conditions, doses)
            found = held.get(history)
        if found is None:
            found = held[history] = self._evaluate(birth, counting, conditions, given)
        return found

    def _evaluate(self, birth: str, sex: str, conditions: str, given: list[GivenDose]) -> T:
        known = json.loads(conditions) if conditions != "[]" else ()
        return self._keep(schedule.evaluate(self.campaign, PartialDate.parse(birth), sex, given, self.day, known))


def doses_text(campaign: str) -> Any:
    """A person's doses as one text ("product|day,product|day"), put together by SQLite out of an index; a scalar of a
    statement over people."""
    return (
        select(func.group_concat(Immunization.product_code + "|" + Immunization.occurred))
        .where(
            Immunization.person_id == Person.id,
            Immunization.campaign == campaign,
            Immunization.current.is_(True),
            Immunization.status == "completed",
        )
        .correlate(Person)
        .scalar_subquery()
    )


def _given(doses: str | None) -> list[GivenDose]:
    pairs = (dose.split("|") for dose in doses.split(",")) if doses else ()
    return [GivenDose(last_day(occurred), product) for product, occurred in pairs]


@lru_cache(maxsize=20_000)
def last_day(known: str) -> date:
    """The latest day that a stored date, perhaps only a month or a year, can mean."""
    return PartialDate.parse(known).latest()


def _sex_counts(campaign: Campaign) -> bool:
    """Whether any rule of the pack asks for the sex; where none does, one judgement serves both."""
    return (
        any(approval.sex for product in campaign.products.values() for approval in product.approvals)
        or any(course.sex for course in campaign.courses)
        or any(rule.sex for rule in campaign.rules)
    )
