"""A strict, bounded reader of the CBOR that strangers hand in (RFC 8949).

Encoding is cbor2's. Decoding is done here, for three reasons: a date under tag 0 must stay the text that was
signed; shared references, regular expressions, big fractions and the other tags of a general decoder are attack
surface that no certificate needs; and every refusal must be one kind of error. Sizes are bounded by the input:
nothing is reserved on the word of a length field.
"""

from __future__ import annotations

import math
import struct
from typing import Any

MAX_DEPTH = 24
_BREAK = object()
_HALF, _SINGLE, _DOUBLE = struct.Struct(">e"), struct.Struct(">f"), struct.Struct(">d")
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
#: Tags whose content is taken as it stands: 0 date text, 1 moment in seconds, 24 is not opened, 55799 says "CBOR".
_TRANSPARENT = frozenset((0, 1, 55799))


class CborError(ValueError):
    """The bytes are not well-formed CBOR, or are of a kind that no certificate needs."""


class Tagged:
    """A value under a tag that means something to the caller (18 COSE_Sign1, 61 CWT)."""

    __slots__ = ("tag", "value")

    def __init__(self, tag: int, value: Any) -> None:
        self.tag = tag
        self.value = value


def decode(data: bytes | memoryview) -> Any:
    """The one value that ``data`` holds.

    Maps become dicts (a key that comes twice is refused), tags 0 and 1 give their content, other tags
    :class:`Tagged`; undefined reads as None. Raises CborError for anything malformed, truncated, too deep or
    followed by more bytes.
    """
    view = memoryview(data)
    value, position = _item(view, 0, 0)
    if value is _BREAK:
        raise CborError("a break without a beginning")
    if position != len(view):
        raise CborError("bytes after the end")
    return value


def _argument(view: memoryview, position: int, info: int) -> tuple[int, int]:
    if info < 24:
        return info, position
    if info > 27:
        raise CborError("a reserved length")
    width = 1 << (info - 24)
    end = position + width
    if end > len(view):
        raise CborError("cut off")
    return int.from_bytes(view[position:end], "big"), end


def _item(view: memoryview, position: int, depth: int) -> tuple[Any, int]:
    if position >= len(view):
        raise CborError("cut off")
    if depth > MAX_DEPTH:
        raise CborError("nested too deeply")
    first = view[position]
    major, info = first >> 5, first & 0x1F
    position += 1
    if major == 7:
        return _simple(view, position, info)
    if info == 31:
        return _indefinite(view, position, major, depth)
    argument, position = _argument(view, position, info)
    if major == 0:
        return argument, position
    if major == 1:
        return -1 - argument, position
    if major in (2, 3):
        end = position + argument
        if end > len(view):
            raise CborError("cut off")
        raw = bytes(view[position:end])
        return (raw if major == 2 else _text(raw)), end
    if major == 6:
        value, position = _item(view, position, depth + 1)
        if value is _BREAK:
            raise CborError("a tag without content")
        return (value if argument in _TRANSPARENT else Tagged(argument, value)), position
    # Each element takes at least one byte: a length beyond the rest is a lie, refused before any work.
    if argument * (major - 3) > len(view) - position:
        raise CborError("cut off")
    if major == 4:
        items = []
        for _index in range(argument):
            value, position = _item(view, position, depth + 1)
            if value is _BREAK:
                raise CborError("a break inside a counted array")
            items.append(value)
        return items, position
    mapping: dict[Any, Any] = {}
    for _index in range(argument):
        position = _pair(view, position, depth, mapping)
        if position < 0:
            raise CborError("a break inside a counted map")
    return mapping, position


def _pair(view: memoryview, position: int, depth: int, mapping: dict[Any, Any]) -> int:
    """Read one entry into ``mapping``; the new position, or -1 at a break."""
    key, position = _item(view, position, depth + 1)
    if key is _BREAK:
        return -1
    if not isinstance(key, str | int | bytes) or isinstance(key, bool):
        raise CborError("a key of another kind than text, number or bytes")
    if key in mapping:
        raise CborError("a key comes twice")
    value, position = _item(view, position, depth + 1)
    if value is _BREAK:
        raise CborError("a key without a value")
    mapping[key] = value
    return position


def _indefinite(view: memoryview, position: int, major: int, depth: int) -> tuple[Any, int]:
    if major in (2, 3):
        parts: list[Any] = []
        while True:
            if position < len(view) and view[position] != 0xFF and view[position] >> 5 != major:
                raise CborError("a part of another kind")
            if position < len(view) and view[position] & 0x1F == 31 and view[position] != 0xFF:
                raise CborError("a part without a length")
            part, position = _item(view, position, depth + 1)
            if part is _BREAK:
                return ("".join(parts) if major == 3 else b"".join(parts)), position
            parts.append(part)
    if major == 4:
        items: list[Any] = []
        while True:
            value, position = _item(view, position, depth + 1)
            if value is _BREAK:
                return items, position
            items.append(value)
    if major == 5:
        mapping: dict[Any, Any] = {}
        while True:
            after = _pair(view, position, depth, mapping)
            if after < 0:
                return mapping, position + 1
            position = after
    raise CborError("a number or tag without a value")


def _simple(view: memoryview, position: int, info: int) -> tuple[Any, int]:
    if info in _SIMPLE:
        return _SIMPLE[info], position
    if info == 31:
        return _BREAK, position
    for code, form in ((25, _HALF), (26, _SINGLE), (27, _DOUBLE)):
        if info == code:
            end = position + form.size
            if end > len(view):
                raise CborError("cut off")
            number: float = form.unpack(view[position:end])[0]
            if not math.isfinite(number):
                raise CborError("not a number")
            return number, end
    raise CborError("an unknown simple value")


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise CborError("text that is not UTF-8") from None
