"""What people hand to the verifier: a text, a text file, a picture, a PDF. One answer for each code found."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from vaxdesk.certificates import hc1, kinds
from vaxdesk.certificates.pictures import MAX_PAGES, PictureError, pdf_codes, picture_codes
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import Verification
from vaxdesk.certificates.verify import unreadable_picture, verify_text
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_LINES = 20_000
_TEXT_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
#: Pictures that are written as text.
_PORTABLE = re.compile(rb"P[1-6]\s")


def verify_input(
    given: str | bytes | Path, trust: Trust, at: datetime, *, label: str | None = None, at_most: int | None = None
) -> list[Verification]:
    """Verify a text, the bytes of a file, or a file; one answer for each code in it, at least one.

    A ``str`` is the text itself (several lines: several codes); bytes and files may be text, picture or PDF.
    ``at_most`` bounds the answers, and the pages or frames that are looked at for them: a stranger's file over the
    wire must not keep the computer busy for minutes.
    Raises InputError only where a file cannot be read at all, or has more than :data:`MAX_LINES` lines of text.
    """
    if isinstance(given, Path):
        data = _read(given)
        return verify_input(data, trust, at, label=label or str(given), at_most=at_most)
    if isinstance(given, bytes):
        if b"%PDF-" in given[:1024]:
            return _pictured(pdf_codes(given, at_most or MAX_PAGES), label or "", trust, at, at_most)
        if given[:2] in _TEXT_MARKS:
            given = given.decode(_TEXT_MARKS[given[:2]], "replace")
        elif _looks_like_text(given):
            given = given.decode("utf-8-sig", "replace")
        else:
            return _pictured(picture_codes(given, at_most or MAX_PAGES), label or "", trust, at, at_most)
    return _texts(given, trust, at, label, at_most)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise InputError(N_("The file {path} is too large to check."), path=str(path))
        return data
    except OSError as error:
        raise InputError(N_("The file {path} cannot be read."), path=str(path)) from error


def _looks_like_text(data: bytes) -> bool:
    head = data[:4096]
    if b"\x00" in head or head[:4] == b"RIFF" or head[:3] == b"GIF" or head[:2] == b"BM" or _PORTABLE.match(head):
        return False
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A letter cut in two at the end of the sample, or a file in the letters of an older system.
        return error.start > 4000 or hc1.PREFIX.encode() in head
    return True


def _texts(text: str, trust: Trust, at: datetime, label: str | None, at_most: int | None) -> list[Verification]:
    # Not splitlines(): it also splits at characters that may stand inside other systems' codes.
    lines = [line for line in text.lstrip("\ufeff").replace("\r", "\n").split("\n") if line.strip()]
    if len(lines) > MAX_LINES:
        raise InputError(N_("There are more than {limit} lines in it: check fewer at a time."), limit=MAX_LINES)
    answers: list[Verification] = []
    number = 0
    while number < max(1, len(lines)) and len(answers) != at_most:
        answer, used = _next_text(lines[number:] or [""], trust, at, label)
        answers.append(answer)
        number += used
    return answers


def _next_text(lines: list[str], trust: Trust, at: datetime, label: str | None) -> tuple[Verification, int]:
    """The answer for the first line, and how many lines it took.

    Mail programs break a long text into lines: one that is no certificate by itself is tried together with those that
    follow up to the next prefix.
    """
    answer = _one_text(lines[0], trust, at, label)
    if answer.claims is not None or not lines[0].lstrip().startswith(hc1.PREFIX):
        return answer, 1
    parts = [lines[0].lstrip(" \t")]
    length = len(parts[0])
    for line in lines[1:]:
        length += len(line)
        if line.lstrip().startswith(hc1.PREFIX) or length > hc1.MAX_TEXT:
            break
        parts.append(line)
    whole = "".join(parts)
    if len(parts) > 1:
        joined = _one_text(whole, trust, at, label)
        if joined.claims is not None:
            return joined, len(parts)
    return answer, 1


def _one_text(line: str, trust: Trust, at: datetime, label: str | None) -> Verification:
    """Verify a typed or pasted line: blanks round it are dropped where the exact text does not decode.

    A blank is a letter of base45, so it is tried as it stands first.
    """
    text = line.lstrip(" \t")
    name = line if label is None else label
    answer = verify_text(text, trust, at, label=name)
    trimmed = text.rstrip(" \t")
    if trimmed != text and text.startswith(hc1.PREFIX) and answer.claims is None:
        return verify_text(trimmed, trust, at, label=name)
    return answer


def _pictured(
    codes: Generator[str, None, None], label: str, trust: Trust, at: datetime, at_most: int | None
) -> list[Verification]:
    found: dict[str, None] = {}  # each code once, in the order of the pages
    detail, kind = "", kinds.NO_CODE
    try:
        with closing(codes):
            for code in codes:
                found[code] = None
                if len(found) == at_most:
                    break
    except PictureError as error:
        detail, kind = str(error), error.kind
    answers = [verify_text(code, trust, at, label=label, pictured=True) for code in found]
    return answers or [unreadable_picture(label, trust, at, detail, kind)]
