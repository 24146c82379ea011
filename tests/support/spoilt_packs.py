"""A good pack, and what the check says when one text of it is exchanged."""

from __future__ import annotations

from pathlib import Path

from vaxdesk.campaigns import Problem, check

GOOD = Path(__file__).parents[1] / "campaigns" / "packs" / "two-dose-grace"


def spoil(pack: Path, file: str, old: str, new: str) -> list[Problem]:
    """The errors of the pack with one text replaced by another."""
    path = pack / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [problem for problem in check(pack) if problem.severity == "error"]
