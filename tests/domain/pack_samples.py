"""The Covid-19 pack that ships, read once for the tests of the rules."""

from __future__ import annotations

from functools import cache

from vaxdesk import assets
from vaxdesk.campaigns import load
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.screening import ScreeningForm


@cache
def covid19() -> Campaign:
    """The pack under ``resources/campaigns/covid19``."""
    return load(assets.resource("campaigns", "covid19"))


def form(name: str = "adult-5785") -> ScreeningForm:
    """One of its screening forms."""
    return covid19().screening_forms[name]
