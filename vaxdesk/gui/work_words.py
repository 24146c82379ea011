"""The rows of the work list in words: what waits, the next action, and where it leads."""

from __future__ import annotations

from dataclasses import dataclass

from vaxdesk.domain.dates import format_date
from vaxdesk.gui.targets import PeopleBehind, WaitingRegistrations
from vaxdesk.i18n import N_, _
from vaxdesk.queries.worklist import LONG_WAIT, WorkItem


@dataclass(frozen=True)
class _Row:
    words: str
    action: str
    tone: str
    page: str
    target: object = None
    opens_item: bool = False


_ROWS = {
    "screened": _Row(N_("Screened, no dose recorded"), "", "info", "session", opens_item=True),
    "over": _Row(N_("Observation is over"), N_("Send home: {who}"), "ok", "session", opens_item=True),
    "reaction-watch": _Row(N_("Reaction under observation"), "{who}", "warn", "session", opens_item=True),
    "waiting-consent": _Row(N_("Consent not recorded"), "", "", "session", opens_item=True),
    "alike": _Row(N_("Like names and birth years in the session"), N_("Compare: {who}"), "info", "session", None, True),
    "twice": _Row(N_("Same dose number twice"), N_("Compare: {who}"), "warn", "people", None, True),
    "registrations": _Row(N_("Registrations from the portal"), N_("Approve"), "info", "people", WaitingRegistrations()),
    "refused": _Row(N_("Records that the portal refused"), N_("See why"), "bad", "sync", "refused"),
    "conflicts": _Row(N_("Portal and station disagree"), N_("Decide"), "warn", "sync", "conflicts"),
    "rules-late": _Row(
        N_("New rules should hold already"), N_("Version {words} since {day}"), "bad", "administration", "campaign"
    ),
    "rules": _Row(
        N_("New rules wait for the manager"), N_("Version {words} from {day} on"), "warn", "administration", "campaign"
    ),
    "reprint": _Row(N_("Certificates to print anew after a correction"), N_("Print"), "", "certificates", "reprint"),
    "unprinted": _Row(N_("Certificates not printed yet"), N_("Print"), "", "certificates", "to_print"),
    "open-session": _Row(N_("Earlier session is not closed"), N_("Session of {day}"), "warn", "session"),
    "expired-lot": _Row(N_("Lots out of date still in stock"), N_("Lot {words}, {day}"), "bad", "stock"),
    "lot": _Row(N_("Lots that expire within a month"), N_("Lot {words}, {day}"), "warn", "stock"),
    "doubtful": _Row(
        N_("People whose identity is in doubt"), N_("Look at them"), "", "people", PeopleBehind("doubtful")
    ),
    "backup": _Row(N_("The last backup is {words} days old"), N_("Back up now"), "warn", "administration"),
    "key": _Row(N_("Station's certificate"), N_("Renew before {day}"), "warn", "administration"),
    "lists": _Row(N_("The key list is {words} days old"), N_("Bring a new list"), "", "sync"),
}


def what(item: WorkItem) -> str:
    """What waits."""
    if item.kind == "backup" and not item.words:
        return _("No backup was made yet")
    return _(_ROWS[item.kind].words).format(words=item.words)


def action(item: WorkItem) -> tuple[str, str]:
    """The next action and its tone."""
    row = _ROWS[item.kind]
    if item.kind in ("screened", "waiting-consent"):
        late = item.minutes >= LONG_WAIT.total_seconds() // 60
        words = _("{who} · {minutes} min").format(who=item.who, minutes=item.minutes)
        return words, ("bad" if item.kind == "screened" else "warn") if late else row.tone
    if item.kind == "key" and item.day is None:
        return _("Import the answer"), row.tone
    values = {"who": item.who, "words": item.words, "day": format_date(item.day) if item.day else ""}
    return _(row.action).format_map(values), row.tone


def leads_to(item: WorkItem) -> tuple[str, object]:
    """Page and target."""
    row = _ROWS[item.kind]
    return row.page, item.target if row.opens_item else row.target
