"""Finds every sentence of the catalogue in the program: translate calls, known errors, forms."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import house_sources as sources

#: Functions that mark or look up one sentence, with the position of the sentence.
TRANSLATORS = {"_": 0, "N_": 0, "translate": 0, "tr": 0, "ngettext": 0}
#: Properties of a form that hold no sentence.
NO_SENTENCE = frozenset({"shortcut", "styleSheet", "icon", "inputMask", "format", "displayFormat"})


@dataclass(frozen=True)
class Message:
    """A sentence found at a place; ``plural`` is "" for one without a count."""

    text: str
    plural: str
    place: str


@dataclass(frozen=True)
class Made:
    """A translate call whose sentence is put together at run time."""

    place: str


def in_program() -> tuple[list[Message], list[Made]]:
    """Every sentence of the Python code, and the calls that no catalogue can serve."""
    messages: list[Message] = []
    made: list[Made] = []
    for module in sources.modules().values():
        for item in in_tree(module.tree, module.shown, known_errors()):
            if isinstance(item, Message):
                messages.append(item)
            else:
                made.append(item)
    return messages, made


def in_tree(tree: ast.AST, shown: str, errors: dict[str, int | None]) -> Iterator[Message | Made]:
    """The sentences of one syntax tree. ``errors`` says where each known error takes its sentence."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        position = _position(node, name, errors)
        if position is None:
            continue
        place = f"{shown}:{node.lineno}"
        first = node.args[position] if len(node.args) > position else _keyword(node, "message_id")
        if first is None:
            continue
        if name == "ngettext":
            texts = [_literals(argument) for argument in node.args[:2]]
            if any(_is_made(argument) for argument in node.args[:2]):
                yield Made(place)
            elif len(texts) == 2 and texts[0] and texts[1]:
                yield Message(texts[0][0], texts[1][0], place)
            continue
        if _is_made(first):
            yield Made(place)
        for text in _literals(first):
            if text:
                yield Message(text, "", place)


def _position(node: ast.Call, name: str, errors: dict[str, int | None]) -> int | None:
    if name == "translate" and isinstance(node.func, ast.Attribute):
        # Qt's own translate(context, sentence); "text".translate(table) is no look-up at all.
        owner = node.func.value
        owner_name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
        if owner_name == "i18n":
            return 0
        return 1 if owner_name in {"QCoreApplication", "QApplication"} else None
    if name in TRANSLATORS:
        return TRANSLATORS[name]
    if name == "__init__" and isinstance(node.func, ast.Attribute) and _is_super(node.func.value):
        return (
            0 if node.args and isinstance(node.args[0], ast.Constant) and len(node.args[0].value or "") > 12 else None
        )
    return errors.get(name)


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _literals(node: ast.expr) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.IfExp):
        return _literals(node.body) + _literals(node.orelse)
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in _literals(value)]
    return []


def _is_made(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr | ast.BinOp):
        return True
    if isinstance(node, ast.IfExp):
        return _is_made(node.body) or _is_made(node.orelse)
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join"}


@cache
def known_errors() -> dict[str, int | None]:
    """Each class of the KnownError family by name, with the position of its sentence (None: it brings its own)."""
    classes = {
        node.name: node
        for module in sources.modules().values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }
    family: dict[str, int | None] = {"KnownError": 0}
    grew = True
    while grew:
        grew = False
        for name, node in classes.items():
            bases = [base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in node.bases]
            parent = next((base for base in bases if base in family), None)
            if parent is not None and name not in family:
                family[name] = _sentence_position(node, family[parent])
                grew = True
    return family


def _sentence_position(node: ast.ClassDef, inherited: int | None) -> int | None:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            names = [argument.arg for argument in item.args.args[1:]]
            return names.index("message_id") if "message_id" in names else None
    return inherited


def in_forms() -> list[Message]:
    """Every sentence of the forms under ``ui``."""
    found: list[Message] = []
    for path in sorted((sources.ROOT / "ui").rglob("*.ui")):
        found += in_form(path)
    return found


def in_form(path: Path) -> list[Message]:
    """The sentences of one form."""
    found: list[Message] = []
    tree = ElementTree.parse(path)
    for owner in tree.iter():
        if owner.get("name") in NO_SENTENCE:
            continue
        for child in owner.iterfind("string"):
            text = child.text or ""
            if child.get("notr") != "true" and any(letter.isalpha() for letter in text):
                found.append(Message(text, "", path.relative_to(sources.ROOT).as_posix()))
    return found


def placeholders(text: str) -> frozenset[str]:
    """The names in braces of a sentence; a brace that is no placeholder raises ValueError."""
    return frozenset(name.split(".")[0].split("[")[0] for _t, name, _s, _c in string.Formatter().parse(text) if name)
