"""Colours can be told from their ground: WCAG 2.2 AA, in both palettes."""

from __future__ import annotations

import re

import pytest

from vaxdesk import assets
from vaxdesk.errors import BugError
from vaxdesk.gui import style


@pytest.mark.parametrize("practice", [False, True])
def test_every_pair_reaches_its_ratio(practice: bool) -> None:
    colors = style.tokens(practice).colors
    low = [
        f"{a} on {b}: {style.contrast(colors[a], colors[b]):.2f} < {least}"
        for a, b, least in style.tokens(practice).contrast_pairs
        if style.contrast(colors[a], colors[b]) < least
    ]
    assert not low, "\n".join(low)


def test_contrast_is_that_of_the_norm() -> None:
    assert style.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert style.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
    assert style.contrast("#566376", "#FFFFFF") == pytest.approx(6.1, abs=0.05)


def test_pairs_that_the_style_sheet_puts_together_are_tested() -> None:
    """Where one rule sets both a text colour and a ground by token, the pair stands among the tested ones."""
    template = assets.resource("style", "vaxdesk.qss").read_text(encoding="utf-8")
    tested = {(a, b) for a, b, _least in style.tokens().contrast_pairs}
    missing = set()
    for body in re.findall(r"\{([^}]*)\}", template):
        text = re.search(r"(?<![-\w])color:\s*@(\w+)", body)
        ground = re.search(r"background:\s*@(\w+)", body)
        if text and ground:
            pair = (text.group(1), ground.group(1))
            if pair not in tested and "disabled" not in pair[0]:
                missing.add(pair)
    assert not missing, missing


def test_no_colour_outside_the_tokens() -> None:
    template = assets.resource("style", "vaxdesk.qss").read_text(encoding="utf-8")
    assert not re.findall(r"#[0-9A-Fa-f]{6}\b", template)
    known = {color.upper() for color in style.tokens().colors.values()}
    for path in assets.resource("style").glob("*.svg"):
        used = {found.upper() for found in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8"))}
        assert used <= known, path.name
    sources = assets.root() / "vaxdesk" / "gui"
    for path in sources.rglob("*.py"):
        assert not re.findall(r"""["']#[0-9A-Fa-f]{3,8}["']""", path.read_text(encoding="utf-8")), path


def test_an_unknown_token_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = style.tokens()
    poorer = style.Tokens({"text": "#000000"}, tokens.sizes, tokens.family, tokens.font_files, ())
    monkeypatch.setattr(style, "tokens", lambda practice=False: poorer)
    with pytest.raises(BugError, match="unknown token"):
        style.stylesheet()


def test_practice_looks_different() -> None:
    everyday, practice = style.tokens().colors, style.tokens(True).colors
    assert style.contrast(everyday["rail"], practice["rail"]) < 3  # both dark …
    assert everyday["rail"][:3] != practice["rail"][:3]  # … but of another colour
    assert everyday["ground"] != practice["ground"]
