"""Why somebody's age keeps her off a list (R-08): the product's limits on the day, and the day that counts."""

from __future__ import annotations

from datetime import date

from vaxdesk.domain.campaign import Approval, Product
from vaxdesk.domain.eligibility import Reason, Why


def age_reason(product: Product, birth: date, sex: str, day: date, label: str) -> Reason | None:
    """The reason, or None where an approval in force on ``day`` covers somebody born on ``birth``.

    ``birth`` is the latest day on which the person can have been born: nobody is called too early.
    """
    approvals = [
        approval
        for approval in product.approvals
        if approval.source.in_force(day) and (not approval.sex or not sex or approval.sex == sex)
    ]
    if not approvals or any(_covers(approval, birth, day) for approval in approvals):
        return None
    begins = [approval.min_age.after(birth) for approval in approvals if approval.min_age is not None]
    coming = [start for start in begins if start > day]
    if coming:
        return Reason(Why.AGE, {"product": label, "day": min(coming)})
    ends = [approval.below_age.after(birth) for approval in approvals if approval.below_age is not None]
    return Reason(Why.AGE, {"product": label, "before": max(ends)}) if ends else None


def _covers(approval: Approval, birth: date, day: date) -> bool:
    young = approval.min_age is not None and approval.min_age.after(birth) > day
    old = approval.below_age is not None and approval.below_age.after(birth) <= day
    return not young and not old
