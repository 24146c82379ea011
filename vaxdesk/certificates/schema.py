"""The JSON schema of the health certificate, compiled to closures.

A general validator takes 340 µs a certificate, four times the signature; the closures take 15. Only the keywords
that the seven published versions use are known: another keyword stops the compilation, never a check in silence.
``format`` is not asserted (the published vectors break it), patterns are read as ECMA does.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from vaxdesk import assets
from vaxdesk.errors import BugError

VERSIONS = ("1.0.0", "1.0.1", "1.1.0", "1.2.0", "1.2.1", "1.3.0", "1.3.3")
NEWEST = VERSIONS[-1]
GROUPS = ("v", "t", "r")

#: A check takes the value and the path to it and gives the first problem in words (with the path), or None.
Check = Callable[[Any, str], str | None]

_ANNOTATIONS = frozenset(
    ("$comment", "$defs", "$id", "$schema", "description", "examples", "format", "title", "valueset-uri")
)


def version_of(certificate: Mapping[str, Any]) -> str:
    """The schema version that a certificate is checked by: its own ``ver`` where published, else the newest."""
    version = certificate.get("ver")
    return version if isinstance(version, str) and version in VERSIONS else NEWEST


def group_of(certificate: Mapping[str, Any]) -> str | None:
    """Which of ``v``, ``t``, ``r`` the certificate carries; None unless it is exactly one.

    How many entries the group may hold is each schema version's own matter (one, from 1.3.0 on).
    """
    present = [name for name in GROUPS if certificate.get(name)]
    return present[0] if len(present) == 1 and isinstance(certificate[present[0]], list) else None


def problem(certificate: Any, version: str | None = None) -> str | None:
    """Why the certificate does not follow its schema (path and rule, no content), or None if it does."""
    if not isinstance(certificate, dict):
        return "not a map"
    return _validator(version or version_of(certificate))(certificate, "")


def full_problem(certificate: Any) -> str | None:
    """Like :func:`problem`, and exactly one of v, t, r."""
    found = problem(certificate)
    if found is None and group_of(certificate) is None:
        return "not exactly one of v, t, r"
    return found


@cache
def _validator(version: str) -> Check:
    path = assets.resource("certificates", "schema", f"DCC.combined-schema.{version}.json")
    document = json.loads(path.read_text(encoding="utf-8"))
    return compile_schema(document, document.get("$defs", {}))


def compile_schema(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Check:
    """A check for one schema. Raises BugError for a keyword that is not known here."""
    checks: list[Check] = []
    for keyword, argument in schema.items():
        if keyword in _ANNOTATIONS:
            continue
        maker = _MAKERS.get(keyword)
        if maker is None:
            raise BugError(f"the schema keyword {keyword} is not known")
        checks.append(maker(argument, definitions))
    if len(checks) == 1:
        return checks[0]

    def check(value: Any, path: str) -> str | None:
        for one in checks:
            found = one(value, path)
            if found is not None:
                return found
        return None

    return check


def _reference(argument: str, definitions: Mapping[str, Any]) -> Check:
    name = argument.removeprefix("#/$defs/")
    return compile_schema(definitions[name], definitions)


def is_integer(value: Any) -> bool:
    """Whether JSON schema takes the value for an integer (2.0 is one, true is none)."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": is_integer,
    "number": _is_number,
}


def _type(argument: str, _definitions: Mapping[str, Any]) -> Check:
    fits = _TYPES[argument]
    return lambda value, path: None if fits(value) else f"{path or 'certificate'}: not of type {argument}"


def _required(argument: list[str], _definitions: Mapping[str, Any]) -> Check:
    def check(value: Any, path: str) -> str | None:
        if isinstance(value, dict):
            for name in argument:
                if name not in value:
                    return f"{path}/{name}: missing"
        return None

    return check


def _properties(argument: Mapping[str, Any], definitions: Mapping[str, Any]) -> Check:
    members = [(name, compile_schema(schema, definitions)) for name, schema in argument.items()]

    def check(value: Any, path: str) -> str | None:
        if isinstance(value, dict):
            for name, one in members:
                if name in value:
                    found = one(value[name], f"{path}/{name}")
                    if found is not None:
                        return found
        return None

    return check


def _items(argument: Mapping[str, Any], definitions: Mapping[str, Any]) -> Check:
    one = compile_schema(argument, definitions)

    def check(value: Any, path: str) -> str | None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                found = one(item, f"{path}/{index}")
                if found is not None:
                    return found
        return None

    return check


def _bound(kind: Callable[[Any], bool], refuses: Callable[[Any, Any], bool], words: str) -> Callable[..., Check]:
    def maker(argument: Any, _definitions: Mapping[str, Any]) -> Check:
        return lambda value, path: f"{path}: {words} {argument}" if kind(value) and refuses(value, argument) else None

    return maker


def _longer(text: str, limit: int) -> bool:
    # The specification has texts judged as if they were NFC: marks that stand apart do not make a name longer.
    return len(text) > limit and len(unicodedata.normalize("NFC", text)) > limit


def _pattern(argument: str, _definitions: Mapping[str, Any]) -> Check:
    # ECMA's $ matches only at the very end and its \d only ASCII digits; Python's differ in both.
    search = re.compile(re.sub(r"\$$", r"\\Z", argument), re.ASCII).search
    return lambda value, path: f"{path}: wrong form" if isinstance(value, str) and search(value) is None else None


def _one_of(argument: list[Mapping[str, Any]], definitions: Mapping[str, Any]) -> Check:
    options = [compile_schema(schema, definitions) for schema in argument]

    def check(value: Any, path: str) -> str | None:
        fitting = sum(option(value, path) is None for option in options)
        return None if fitting == 1 else f"{path or 'certificate'}: {fitting} alternatives fit instead of one"

    return check


def _any_of(argument: list[Mapping[str, Any]], definitions: Mapping[str, Any]) -> Check:
    options = [compile_schema(schema, definitions) for schema in argument]

    def check(value: Any, path: str) -> str | None:
        if any(option(value, path) is None for option in options):
            return None
        return f"{path or 'certificate'}: none of the alternatives fits"

    return check


_MAKERS: dict[str, Callable[..., Check]] = {
    "$ref": _reference,
    "type": _type,
    "required": _required,
    "properties": _properties,
    "items": _items,
    "minItems": _bound(_TYPES["array"], lambda value, limit: len(value) < limit, "fewer entries than"),
    "maxItems": _bound(_TYPES["array"], lambda value, limit: len(value) > limit, "more entries than"),
    "maxLength": _bound(_TYPES["string"], _longer, "longer than"),
    "minimum": _bound(_is_number, lambda value, limit: value < limit, "less than"),
    "maximum": _bound(_is_number, lambda value, limit: value > limit, "more than"),
    "pattern": _pattern,
    "oneOf": _one_of,
    "anyOf": _any_of,
}
