"""Versions of the rules in words: what a version that waits would change, and the list of all that are known."""

from __future__ import annotations

from vaxdesk import i18n
from vaxdesk.domain.changes import Changes
from vaxdesk.domain.dates import format_date
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.services import pack_list
from vaxdesk.services.pack_list import Preview, Version

#: Parts of a pack that are compared whole.
PARTS = {
    "screening_forms": N_("screening forms"),
    "consents": N_("consent texts"),
    "priority": N_("priority groups"),
    "advice": N_("advice after the injection"),
    "papers": N_("papers"),
    "statuses": N_("status"),
}
#: So many new documents are named.
NAMED = 4


def named(one: Version) -> str:
    """Version and campaign."""
    return f"{one.version} · {one.name.text(i18n.language()) or one.code}"


def headline(one: Version, late: bool) -> str:
    """That new rules wait, and since when they hold or should (``late``: that day has come)."""
    day = format_date(one.valid_from) if one.valid_from is not None else ""
    sentence = (
        _("New rules {version} wait: they should hold since {day}")
        if late
        else _("New rules {version} wait: they hold from {day} on")
    )
    return sentence.format(version=one.version, day=day)


def about(one: Version) -> str:
    """Which campaign, what it replaces, where it comes from."""
    parts = [one.name.text(i18n.language()) or one.code]
    if one.replaces:
        parts.append(_("replaces {version}").format(version=one.replaces))
    return " · ".join([*parts, *pack_list.origin_words(one)])


def changed(preview: Preview) -> str:
    """What would change, in one paragraph."""
    found = preview.changes
    if found is None:
        return _("It is a campaign that the station did not have.")
    said = [*_counted(found)]
    parts = ", ".join(_(PARTS[name]) for name in found.parts if name in PARTS)
    if parts:
        said.append(_("changed: {parts}").format(parts=parts))
    if found.sources_new:
        names = ", ".join(found.sources_new[:NAMED]) + (" …" if len(found.sources_new) > NAMED else "")
        said.append(_("new documents: {names}").format(names=names))
    text = "; ".join(said) or _("Nothing is said otherwise than before.")
    return text[:1].upper() + text[1:]


def _counted(found: Changes) -> list[str]:
    said = []
    if found.rules_new or found.rules_changed or found.rules_gone:
        words = _("rules of the schedule: {new} new, {changed} changed, {gone} dropped")
        new, other, gone = len(found.rules_new), len(found.rules_changed), len(found.rules_gone)
        said.append(words.format(new=new, changed=other, gone=gone))
    if found.products_new or found.products_changed or found.products_gone:
        words = _("vaccines: {new} new, {changed} changed, {gone} dropped")
        new, other, gone = len(found.products_new), len(found.products_changed), len(found.products_gone)
        said.append(words.format(new=new, changed=other, gone=gone))
    return said


def doses(preview: Preview) -> str:
    """How many doses the new rules would judge anew; empty where there are none."""
    day = preview.version.valid_from
    if not preview.doses or day is None:
        return ""
    sentence = ngettext(
        "{count} dose of {day} or later is judged by them; earlier ones keep their verdict.",
        "{count} doses of {day} or later are judged by them; earlier ones keep their verdict.",
        preview.doses,
    )
    return sentence.format(count=preview.doses, day=format_date(day))


def row(one: Version) -> tuple[str, str, str, str, str]:
    """A line of the list: key, name, second column, text, place."""
    state, origin = pack_list.state_words(one), pack_list.origin_words(one)
    key = f"{one.digest}/{one.code}/{one.version}"
    place = _("file {digest}").format(digest=one.digest[:16]) if one.digest else ""
    return key, named(one), " · ".join(state), "\n".join([*state, *origin]), place
