"""The text catalogue: English sentences are the ids, gettext ``.po`` files hold the translations.

All files of ``resources/translations/<language>/*.po`` together are one catalogue. They are read here without
Qt and without a compile step; :func:`translate` answers the program, and the window's translator answers forms.
"""

from __future__ import annotations

import re
from pathlib import Path

from vaxdesk import assets

LANGUAGES = ("vi", "en")
_language = "vi"
_catalogues: dict[str, dict[str, str | list[str]]] = {}


def N_(message_id: str) -> str:
    """Mark a sentence for the catalogue where it is defined; it is translated where it is shown."""
    return message_id


def set_language(language: str) -> None:
    """Switch the language of all texts (``vi`` or ``en``)."""
    global _language
    if language not in LANGUAGES:
        raise ValueError(language)
    _language = language


def language() -> str:
    """The current language."""
    return _language


def translate(message_id: str, language: str | None = None) -> str:
    """The sentence in the current (or the given) language; the id itself where the catalogue has none."""
    found = catalogue(language or _language).get(message_id)
    if isinstance(found, list):
        return found[0]
    return found or message_id


_ = translate


def ngettext(singular: str, plural: str, n: int) -> str:
    """The form that fits the count ``n``; Vietnamese has one form, English two."""
    found = catalogue(_language).get(singular)
    if isinstance(found, list):
        return found[0] if len(found) == 1 or n == 1 else found[1]
    return singular if n == 1 else plural


def catalogue(language: str) -> dict[str, str | list[str]]:
    """All translations of a language: id to text, or to the list of plural forms."""
    if language not in _catalogues:
        merged: dict[str, str | list[str]] = {}
        for path in sorted(assets.resource("translations", language).glob("*.po")):
            merged.update(read_po(path))
        _catalogues[language] = merged
    return _catalogues[language]


_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}


def _unquoted(text: str) -> str:
    """The content of a quoted string of a ``.po`` file."""
    inner = text.strip()[1:-1]
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), inner) if "\\" in inner else inner


def read_po(path: Path) -> dict[str, str | list[str]]:
    """Read one ``.po`` file (UTF-8; msgid, msgid_plural, msgstr, msgstr[n]; no contexts, fuzzy entries skipped)."""
    entries: dict[str, str | list[str]] = {}
    keys: dict[str, str] = {}
    current = ""
    fuzzy = False

    def flush() -> None:
        nonlocal fuzzy
        identifier = keys.get("msgid", "")
        if identifier and not fuzzy:
            if "msgid_plural" in keys:
                forms = [keys[k] for k in sorted(keys) if k.startswith("msgstr[") and keys[k]]
                if forms:
                    entries[identifier] = forms
            elif keys.get("msgstr"):
                entries[identifier] = keys["msgstr"]
        keys.clear()
        fuzzy = False

    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip()
        if line.startswith("#"):
            if "msgstr" in keys or "msgstr[0]" in keys:
                flush()
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif line.startswith('"'):
            keys[current] += _unquoted(line)
        elif line.startswith("msg"):
            current, _space, text = line.partition(" ")
            if current == "msgid" and keys:
                flush()
            keys[current] = _unquoted(text)
    flush()
    return entries
