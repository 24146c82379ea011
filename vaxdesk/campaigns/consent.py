"""Reads ``consent.toml``: consent texts by age and day, and dated declarations."""

from __future__ import annotations

from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.tables import Table
from vaxdesk.campaigns.texts import MAX_AGE, ages_of, fields_of
from vaxdesk.domain.consent import Consent, ConsentText, Declaration
from vaxdesk.i18n import N_

FILE = "consent.toml"


def read(folder: Folder) -> Consent | None:
    """The consent rules of the pack; None without the file. Problems are noted in the folder."""
    root = folder.file(FILE)
    if root is None:
        return None
    adult_age = root.whole("adult_age", minimum=1, maximum=MAX_AGE, default=18)
    texts = tuple(_text(code, table) for code, table in root.named("texts", required=True).items())
    declarations = tuple(_declaration(code, table) for code, table in root.named("declarations").items())
    root.finish()
    for text in texts:
        if not text.guardian and text.age_from < adult_age:
            root.refuse(
                f"texts.{text.id} guardian",
                N_("The text is for minors and no guardian answers."),
                N_("Expected guardian = true, or age_from = {age} or more."),
                age=adult_age,
            )
    return Consent(texts, declarations, adult_age)


def _text(code: str, table: Table) -> ConsentText:
    age_from, age_to = ages_of(table)
    found = ConsentText(
        id=code,
        version=table.text("version"),
        title=table.local("title"),
        statements=table.local_list("statements", required=True),
        lead_in=table.local("lead_in"),
        agree=table.local("agree"),
        refuse=table.local("refuse"),
        fields=fields_of(table, "fields"),
        place_date=table.local("place_date"),
        signature=table.local("signature"),
        guardian=table.flag("guardian"),
        age_from=age_from,
        age_to=age_to,
        source=table.source(),
    )
    table.finish()
    return found


def _declaration(code: str, table: Table) -> Declaration:
    found = Declaration(
        id=code,
        text=table.local("text"),
        question=table.local("question"),
        days=table.whole("days", minimum=1, maximum=3660),
        source=table.source(),
    )
    table.finish()
    return found
