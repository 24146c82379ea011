"""Reads ``statuses.toml`` (how none, begun and complete are shown) and ``papers.toml`` (what paper is issued)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from vaxdesk.campaigns.folder import Folder
from vaxdesk.campaigns.tables import Table
from vaxdesk.domain.campaign import Paper, StatusCode, StatusRule
from vaxdesk.i18n import N_

STATUS_FILE = "statuses.toml"
PAPER_FILE = "papers.toml"
COLOURS = ("black", "yellow", "green", "blue", "red", "grey")
SHAPES = ("ring", "half", "disc", "square", "triangle")
STATUSES = ("none", "begun", "complete")


def read_statuses(folder: Folder) -> Mapping[str, StatusRule]:
    """The tables ``[statuses.none|begun|complete]``; without the file a pack has no colours, only words."""
    root = folder.file(STATUS_FILE)
    if root is None:
        return {}
    found = {}
    for code, table in root.named("statuses", required=True).items():
        if code not in STATUSES:
            root.refuse(
                f"statuses.{code}",
                N_("The value {value} is not known."),
                N_("Expected one of: {choices}."),
                value=code,
                choices=", ".join(STATUSES),
            )
        found[code] = _status(cast(StatusCode, code), table)
    for code in STATUSES:
        if code not in found:
            root.refuse(f"statuses.{code}", N_("The key is missing."), N_("Expected a table."))
    root.finish()
    return found


def _status(code: StatusCode, table: Table) -> StatusRule:
    words = table.local("words")
    for text in (words.vi, words.en):
        try:
            text.format(doses=1)
        except (KeyError, IndexError, ValueError):
            wrong = N_("The text holds a placeholder that is not known.")
            table.refuse("words", wrong, N_("Expected only {{doses}}."))
    rule = StatusRule(
        code=code,
        colour=table.choice("colour", COLOURS),
        shape=table.choice("shape", SHAPES),
        words=words,
        source=table.source(),
    )
    table.finish()
    return rule


def read_papers(folder: Folder) -> tuple[Paper, ...]:
    """The list ``[[papers]]``."""
    root = folder.file(PAPER_FILE)
    if root is None:
        return ()
    found = tuple(_paper(table) for table in root.tables("papers", required=True))
    root.finish()
    return found


def _paper(table: Table) -> Paper:
    code = cast(Literal["hc1", "none"], table.choice("code", ("hc1", "none")))
    paper = Paper(
        id=table.code("id"),
        kind=table.code("kind"),
        source=table.source(),
        title=table.local("title"),
        statement=table.local("statement", required=False),
        code=code,
        no_code=table.local("no_code", required=code == "none"),
        primary_columns=table.whole("primary_columns", maximum=10, default=2),
        additional_columns=table.whole("additional_columns", maximum=10, default=0),
        booster_columns=table.whole("booster_columns", maximum=10, default=0),
        fields=table.texts("fields"),
        needs_complete=table.flag("needs_complete"),
    )
    table.finish()
    return paper
