"""What the page "Check a code" says: verdicts with their shape and tone, stages, ages of lists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from vaxdesk.clock import local_date
from vaxdesk.domain.dates import format_date
from vaxdesk.gui import words
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.services.verifying import Checked, Lists, Said, StageRow


@dataclass(frozen=True)
class Look:
    """A verdict on the screen: its words come first, shape and tone only repeat them."""

    words: str
    icon: str
    tone: str


#: The eight verdicts. Red is for codes that somebody falsified or withdrew.
LOOKS = {
    "valid": Look(N_("Valid"), "circle-check", "ok"),
    "expired": Look(N_("Expired"), "clock", "warn"),
    "not_yet_valid": Look(N_("Not yet valid"), "circle-dashed", "warn"),
    "revoked": Look(N_("Withdrawn"), "ban", "bad"),
    "replaced": Look(N_("Replaced"), "refresh", "warn"),
    "unknown_signer": Look(N_("Cannot be confirmed"), "help-circle", "warn"),
    "altered": Look(N_("Changed or damaged"), "circle-x", "bad"),
    "not_a_certificate": Look(N_("Not a vaccination certificate"), "info-circle", "info"),
}

#: A valid code of somebody who still needs doses: the code is good, the course is not complete.
INCOMPLETE = N_("Valid, not all doses yet")
#: Valid, and yet no vaccination: nobody may take one for the other at a glance.
NO_VACCINATION = {"t": N_("Valid, a test and no vaccination"), "r": N_("Valid, a recovery and no vaccination")}
#: What could not be read at all is not called anything else.
NOTHING_READ = N_("No code was read")
TESTS = {"LP6464-4": N_("PCR test"), "LP217198-3": N_("Rapid antigen test")}
DETECTED = "260373001"
RESULTS = {"260415000": N_("virus not detected"), DETECTED: N_("virus detected")}
#: The stages that a verdict rests on; the first of them that failed is shown with its reason.
_RESTS_ON = {
    "not_a_certificate": ("picture", "prefix", "schema", "value_sets"),
    "expired": ("time",),
    "not_yet_valid": ("time",),
    "revoked": ("revocation",),
    "replaced": ("revocation",),
}

STAGES = {
    "picture": N_("Picture"),
    "prefix": N_("Beginning “HC1:”"),
    "base45": N_("Letters (base45)"),
    "zlib": N_("Compression"),
    "cose": N_("Envelope (COSE)"),
    "signature": N_("Signature"),
    "key_usage": N_("Right of the signer"),
    "time": N_("Time"),
    "schema": N_("Form of the content"),
    "value_sets": N_("Codes of the content"),
    "revocation": N_("Withdrawal"),
}

STATES = {
    "ok": (N_("right"), "ok"),
    "failed": (N_("not right"), "bad"),
    "not reached": (N_("not reached"), ""),
}

SIGNERS = {
    "national": N_("National authority"),
    "station": N_("Vaccination station, provisional"),
    "other": N_("Other country or authority"),
}


def age(days: int | None, lists: Lists) -> tuple[str, str]:
    """The age of a list in words, with its tone: from 7 days a warning, from 30 nothing is confirmed any more."""
    if days is None:
        return _("none yet"), "warn"
    if days < -1:
        return _("dated in the future"), "bad"
    said = ngettext("{count} day old", "{count} days old", days).format(count=days) if days > 0 else _("of today")
    if days > lists.limit_days:
        return said, "bad"
    return said, "warn" if days > lists.warn_days else "ok"


def lists_hint(lists: Lists) -> str:
    """What to do about the lists or the clock; empty when all is well."""
    if not lists.enrolled:
        return _("Without a trust list no signature can be confirmed. Import the authority's answer in Administration.")
    if lists.clock_doubted and lists.latest_seen is not None:
        day = format_date(local_date(lists.latest_seen))
        return _("The clock is behind {day}, which this program has already seen: set it first.").format(day=day)
    oldest = max((days for days in (lists.trust_days, lists.revocation_days) if days is not None), default=0)
    if oldest > lists.limit_days:
        return _(
            "Older than {limit} days: nothing is called valid. Exchange with the portal, or import newer lists."
        ).format(limit=lists.limit_days)
    if oldest > lists.warn_days:
        return _("Exchange with the portal soon: after {limit} days nothing can be confirmed.").format(
            limit=lists.limit_days
        )
    return ""


def heading(checked: Checked) -> str:
    """The verdict in a few words."""
    said = checked.said
    if checked.unread:
        return _(NOTHING_READ)
    if checked.verdict == "valid" and said is not None and said.group in NO_VACCINATION:
        return _(NO_VACCINATION[said.group])
    if checked.verdict == "valid" and said is not None and said.complete is False:
        return _(INCOMPLETE)
    return _(LOOKS[checked.verdict].words)


def steps(checked: Checked) -> tuple[tuple[StageRow, ...], int | None]:
    """The stages to show, and which of them is the reason for the verdict.

    What was not read from a picture has no such step; what is no HC1 text at all has none worth showing.
    """
    rows = tuple(row for row in checked.stages if row.name != "picture" or row.state != "not reached")
    if not any(row.name == "prefix" and row.state == "ok" for row in rows):
        return (), None
    failed = [i for i, row in enumerate(rows) if row.state == "failed"]
    rests_on = _RESTS_ON.get(checked.verdict, ())
    return rows, next((i for i in failed if rows[i].name in rests_on), failed[0] if failed else None)


def status(checked: Checked) -> tuple[str, str]:
    """The shape of the dose status and its words; no shape where the content is not to be relied on."""
    said = checked.said
    believed = checked.relied_on and checked.verdict in ("valid", "expired", "replaced")
    if said is None or said.complete is None or not said.doses or not believed:
        return "", ""
    number = said.doses[0].number
    if said.complete:
        return "complete", _("dose {number}: course complete").format(number=number)
    return "begun", _("dose {number}: not all doses yet").format(number=number)


def event_line(said: Said) -> str:
    """What a test or a recovery says, in words; empty for a vaccination, which has its table."""
    first = said.doses[0] if said.doses else None
    if first is None or said.group not in NO_VACCINATION:
        return ""
    where = ", ".join(part for part in (first.day, first.country) if part)
    if said.group == "r":
        return _("First positive test: {where}").format(where=where or "?")
    test = _(TESTS[said.test]) if said.test in TESTS else said.test or _("Test")
    result = _(RESULTS[said.result]) if said.result in RESULTS else said.result or "?"
    return f"{test}: {result} ({where})" if where else f"{test}: {result}"


def maker_line(said: Said) -> str:
    """Who made the vaccines."""
    makers = dict.fromkeys(dose.maker for dose in said.doses if dose.maker)
    return _("Manufacturer: {makers}").format(makers=", ".join(makers)) if makers and said.group == "v" else ""


def birth_line(said: Said) -> str:
    """Birth date, Latin spelling and kind of the certificate in one line."""
    groups = {"v": N_("Vaccination"), "t": N_("Test"), "r": N_("Recovery")}
    parts = [
        _(groups[said.group]) if said.group in groups else "",
        _("Born {birth}").format(birth=said.birth) if said.birth else _("Birth date not stated"),
        said.latin_name,
    ]
    return " · ".join(part for part in parts if part)


def issuer_line(said: Said, checked: Checked) -> str:
    """Who issued it, as the code says, and who signed it, where a trusted key did."""
    parts = []
    if said.issuer:
        parts.append(_("Issued by {issuer}").format(issuer=said.issuer))
    if checked.relied_on and checked.signer:
        parts.append(_("Signer: {signer}").format(signer=_(SIGNERS[checked.signer])))
    return " · ".join(parts)


def times_line(said: Said) -> str:
    """From when to when the code holds."""
    if said.issued is None or said.expires is None:
        return ""
    begin, end = format_date(local_date(said.issued)), format_date(local_date(said.expires))
    return _("Code of {begin}, until {end}").format(begin=begin, end=end)


def issued_line(issued: datetime | None, keys: int = 0) -> str:
    """When a list was issued and how many keys it holds."""
    if issued is None:
        return _("Not held: import the authority's answer, or exchange with the portal.")
    day = _("Issued on {day}").format(day=format_date(local_date(issued)))
    if not keys:
        return day
    return f"{day} · " + ngettext("{count} key", "{count} keys", keys).format(count=words.number(keys))
