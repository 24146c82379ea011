"""Whether somebody may come to a session by her age: said before she is checked in, at every desk (R-08)."""

from __future__ import annotations

from datetime import date

from vaxdesk.domain.age_limits import age_reason
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.people import PersonDetails
from vaxdesk.gui import person_words
from vaxdesk.queries.sessions import SessionRow


def too_young_or_old(campaign: Campaign, session: SessionRow | None, details: PersonDetails, today: date) -> str:
    """The sentence that keeps her off the session's list; empty where the product may be given at her age."""
    product = campaign.products.get(session.product_code) if session is not None else None
    if product is None or details.birth is None:
        return ""
    label = person_words.product_name(campaign, product.code)
    reason = age_reason(product, details.birth.latest(), details.sex, today, label)
    return reason.words() if reason is not None else ""
