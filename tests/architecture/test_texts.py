"""Every sentence of the program stands in the catalogue, in both languages, with the same placeholders."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import house_messages
import house_sources as sources
import pytest
from babel.messages.pofile import read_po as babel_read_po

from vaxdesk import i18n

TRANSLATIONS = sources.ROOT / "resources" / "translations"
FILES = sorted(TRANSLATIONS.glob("*/*.po"))


def merged(language: str) -> dict[str, str | list[str]]:
    """The catalogue of a language, read anew."""
    entries: dict[str, str | list[str]] = {}
    for path in sorted((TRANSLATIONS / language).glob("*.po")):
        entries.update(i18n.read_po(path))
    return entries


def test_every_sentence_has_its_vietnamese() -> None:
    messages, _made = house_messages.in_program()
    vietnamese = merged("vi")
    places: dict[str, list[str]] = defaultdict(list)
    for message in messages + house_messages.in_forms():
        if message.text not in vietnamese:
            places[message.text].append(message.place)
    missing = [f"{', '.join(where[:3])}: {text!r}" for text, where in places.items()]
    assert not missing, f"{len(missing)} sentences without Vietnamese:\n" + "\n".join(sorted(missing))


def test_no_sentence_is_put_together_at_run_time() -> None:
    _messages, made = house_messages.in_program()
    assert not made, "\n".join(item.place for item in made)


def test_counted_sentences_have_their_forms_in_both_languages() -> None:
    messages, _made = house_messages.in_program()
    wrong: list[str] = []
    for language, forms in (("vi", 1), ("en", 2)):
        entries = merged(language)
        for message in messages:
            found = entries.get(message.text)
            if message.plural and (not isinstance(found, list) or len(found) != forms):
                wrong.append(f"{message.place}: {message.text!r} needs {forms} form(s) in {language}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_placeholders_agree(path: Path) -> None:
    wrong: list[str] = []
    for text, found in i18n.read_po(path).items():
        for form in found if isinstance(found, list) else [found]:
            if house_messages.placeholders(text) != house_messages.placeholders(form):
                wrong.append(f"{text!r} → {form!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_one_sentence_has_one_translation(language: str) -> None:
    """Two rooms may share a sentence; then they agree, since all files are one catalogue."""
    seen: dict[str, tuple[str, str | list[str]]] = {}
    wrong: list[str] = []
    for path in sorted((TRANSLATIONS / language).glob("*.po")):
        for text, found in i18n.read_po(path).items():
            other, before = seen.setdefault(text, (path.name, found))
            if before != found:
                wrong.append(f"{text!r}: {other} says {before!r}, {path.name} says {found!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_our_reader_agrees_with_babel(path: Path) -> None:
    with path.open("rb") as stream:
        catalogue = babel_read_po(stream, locale=path.parent.name, abort_invalid=True)
    expected: dict[str, str | list[str]] = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, tuple):
            forms = [form for form in message.string if form]
            if forms:
                expected[message.id[0]] = forms
        elif message.string:
            expected[message.id] = message.string
    assert i18n.read_po(path) == expected


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_a_file_holds_each_sentence_once(path: Path) -> None:
    ids = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith('msgid "')]
    doubled = {line for line in ids if ids.count(line) > 1 and line != 'msgid ""'}
    assert not doubled


def test_the_search_finds_each_kind_of_sentence() -> None:
    text = (
        "_('one')\n"
        "i18n.translate('two')\n"
        "N_('three')\n"
        "ngettext('{n} dose', '{n} doses', n)\n"
        "raise KnownError('four {x}', x=1)\n"
        "raise FieldError('name', 'five')\n"
        "translate('six' if yes else 'seven')\n"
        "QCoreApplication.translate('Form', 'eight')\n"
        "'abc'.translate(table)\n"
    )
    found = [m for m in house_messages.in_tree(ast.parse(text), "x.py", {"KnownError": 0, "FieldError": 1})]
    assert {m.text for m in found if isinstance(m, house_messages.Message)} == {
        *("one", "two", "three", "{n} dose", "four {x}", "five", "six", "seven", "eight")
    }


@pytest.mark.parametrize(
    "call", ["_(f'x {y}')", "translate('a' + b)", "KnownError('a {}'.format(b))", "N_('a %s' % b)"]
)
def test_the_search_sees_a_sentence_put_together(call: str) -> None:
    found = house_messages.in_tree(ast.parse(call), "x.py", {"KnownError": 0})
    assert any(isinstance(item, house_messages.Made) for item in found)
