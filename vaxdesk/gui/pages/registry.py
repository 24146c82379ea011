"""Which page stands behind which entry of the rail. A page's module is imported when the page is first shown."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING

from vaxdesk.gui.main_window import PAGE_NAMES, PageMaker
from vaxdesk.gui.pages.base import Page

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

#: Entry of the rail → module below ``vaxdesk.gui.pages`` and class.
PAGES: dict[str, tuple[str, str]] = {
    "today": ("today", "TodayPage"),
    "people": ("people", "PeoplePage"),
    "session": ("session", "SessionPage"),
    "certificates": ("certificates", "CertificatesPage"),
    "verify": ("verify", "VerifyPage"),
    "stock": ("stock", "StockPage"),
    "reports": ("reports", "ReportsPage"),
    "sync": ("sync", "SyncPage"),
    "administration": ("administration", "AdministrationPage"),
}


def makers(desk: Desk) -> dict[str, PageMaker]:
    """The makers of all pages, in the rail's order."""
    return {name: partial(make, name, desk) for name in PAGE_NAMES if name in PAGES}


def make(name: str, desk: Desk) -> Page:
    """Import and make a page."""
    module, class_name = PAGES[name]
    made: Page = getattr(importlib.import_module(f"vaxdesk.gui.pages.{module}"), class_name)(desk)
    return made
