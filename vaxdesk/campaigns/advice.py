"""Reads ``advice.toml``: danger signs, ordinary reactions and the slips that people take home."""

from __future__ import annotations

from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.tables import Table
from vaxdesk.campaigns.texts import ages_of
from vaxdesk.domain.advice import Advice, AdviceSlip, DangerSign, OrdinaryReaction
from vaxdesk.domain.campaign import LocalText
from vaxdesk.i18n import N_

FILE = "advice.toml"
#: What a slip's texts may hold besides words.
PLACEHOLDERS = ("wait", "home", "days", "close", "watch_for")


def read(folder: Folder) -> Advice | None:
    """The advice of the pack; None without the file. Problems are noted in the folder."""
    root = folder.file(FILE)
    if root is None:
        return None
    signs = tuple(_sign(code, table) for code, table in root.named("signs", required=True).items())
    reactions = tuple(OrdinaryReaction(code, text) for code, text in root.locals("reactions").items())
    slips = tuple(_slip(code, table, signs) for code, table in root.named("slips", required=True).items())
    root.finish()
    return Advice(slips, reactions)


def _sign(code: str, table: Table) -> DangerSign:
    found = DangerSign(code, table.local("place"), table.local("text"))
    _placeholders(table, "text", found.text, ("fever",))
    table.finish()
    return found


def _slip(code: str, table: Table, signs: tuple[DangerSign, ...]) -> AdviceSlip:
    age_from, age_to = ages_of(table)
    found = AdviceSlip(
        id=code,
        title=table.local("title"),
        age_from=age_from,
        age_to=age_to,
        fever_above=table.number("fever_above", minimum=35, maximum=43),
        wait_minutes=table.whole("wait_minutes", maximum=1440),
        home_hours=table.whole("home_hours", maximum=1000),
        watch_days=table.whole("watch_days", maximum=3660),
        watch_closely_days=table.whole("watch_closely_days", maximum=3660),
        watch_for=table.local("watch_for"),
        paragraphs=table.local_list("paragraphs", required=True),
        signs=signs,
        source=table.source(),
    )
    for paragraph in found.paragraphs:
        _placeholders(table, "paragraphs", paragraph, PLACEHOLDERS)
    table.finish()
    return found


def _placeholders(table: Table, key: str, text: LocalText, known: tuple[str, ...]) -> None:
    for words in (text.vi, text.en):
        try:
            words.format_map(dict.fromkeys(known, ""))
        except (KeyError, IndexError, ValueError):
            table.refuse(
                key,
                N_("The text holds a placeholder that is not known."),
                N_("Expected only: {choices}."),
                choices=", ".join(known),
            )
