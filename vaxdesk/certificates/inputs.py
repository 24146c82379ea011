"""What people hand to the verifier: a text, a text file, a picture, a PDF. One answer for each code found."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image, UnidentifiedImageError

from vaxdesk.certificates import hc1
from vaxdesk.certificates.trust import Trust
from vaxdesk.certificates.verification import Verification
from vaxdesk.certificates.verify import unreadable_picture, verify_text
from vaxdesk.errors import InputError
from vaxdesk.i18n import N_

MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_PAGES = 500
#: A code of 93 modules on 30 mm has 5 dots a module at the first, the second is for poor scans.
_PAGE_DPI = (200, 350)
#: Some other readers of the imaging library start helper programs; strangers' files never reach them.
_PICTURES = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
#: PDFium is not safe in several threads of one process.
PDFIUM_LOCK = threading.Lock()
_FORMATS = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Aztec)


class PictureError(ValueError):
    """The bytes are no picture that can be opened; the text says why."""


def verify_input(
    given: str | bytes | Path, trust: Trust, at: datetime, *, label: str | None = None
) -> list[Verification]:
    """Verify a text, the bytes of a file, or a file; one answer for each code in it, at least one.

    A ``str`` is the text itself (several lines: several codes); bytes and files may be text, picture or PDF.
    Raises InputError only where a file cannot be read at all.
    """
    if isinstance(given, Path):
        data = _read(given)
        return verify_input(data, trust, at, label=label or str(given))
    if isinstance(given, str):
        return _texts(given, trust, at, label)
    name = label or ""
    if given[:5] == b"%PDF-" or b"%PDF-" in given[:1024]:
        return _pictured(_pdf_codes(given), name, trust, at)
    if _looks_like_text(given):
        return _texts(given.decode("utf-8-sig", "replace"), trust, at, label)
    return _pictured(_picture_codes(given), name, trust, at)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise InputError(N_("The file {path} is too large to check."), path=str(path))
        return path.read_bytes()
    except OSError as error:
        raise InputError(N_("The file {path} cannot be read."), path=str(path)) from error


def _looks_like_text(data: bytes) -> bool:
    head = data[:4096]
    if b"\x00" in head or head[:4] == b"RIFF" or head[:3] == b"GIF" or head[:2] == b"BM":
        return False
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.start > 4000  # a letter cut in two at the end of the sample
    return True


def _texts(text: str, trust: Trust, at: datetime, label: str | None) -> list[Verification]:
    # Not splitlines(): it also splits at characters that may stand inside other systems' codes.
    lines = [line for line in text.lstrip("\ufeff").replace("\r", "\n").split("\n") if line.strip()]
    return [_one_text(line, trust, at, label) for line in lines or [""]]


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


def _pictured(codes: Iterator[str], label: str, trust: Trust, at: datetime) -> list[Verification]:
    answers = []
    detail = ""
    try:
        for code in codes:
            answers.append(verify_text(code, trust, at, label=label, pictured=True))
    except PictureError as error:
        detail = str(error)
    return answers or [unreadable_picture(label, trust, at, detail)]


def read_codes(image: Image.Image) -> list[str]:
    """The texts of the codes (QR, Aztec) in a picture, each once."""
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(_FORMATS))
    return list(dict.fromkeys(code.text for code in found if code.text))


def open_picture(data: bytes) -> Image.Image:
    """Open the bytes of a picture as grey levels, white where it was transparent. Raises PictureError."""
    try:
        # Naming a reader that is not loaded makes the library fail for the others too; JPEG's reader takes MPO as well.
        Image.init()
        with Image.open(io.BytesIO(data), formats=_PICTURES) as image:
            if image.width * image.height > MAX_PIXELS:
                raise PictureError("the picture is too large")
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                rgba = image.convert("RGBA")
                ground = Image.new("RGBA", rgba.size, "white")
                return Image.alpha_composite(ground, rgba).convert("L")
            return image.convert("L")
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        IndexError,
        KeyError,
        OverflowError,
        EOFError,
        MemoryError,
        ArithmeticError,
    ) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError("not a picture that can be opened") from error


def _picture_codes(data: bytes) -> Iterator[str]:
    yield from read_codes(open_picture(data))


def _pdf_codes(data: bytes) -> Iterator[str]:
    with PDFIUM_LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise PictureError("not a PDF that can be opened") from error
        try:
            for index in range(min(len(document), MAX_PAGES)):
                yield from _page_codes(document, index)
        finally:
            document.close()


def _page_codes(document: pypdfium2.PdfDocument, index: int) -> list[str]:
    try:
        page = document[index]
    except pypdfium2.PdfiumError as error:
        raise PictureError(f"page {index + 1} cannot be opened") from error
    try:
        width, height = page.get_size()
        for dpi in _PAGE_DPI:
            scale = dpi / 72
            if width * height * scale * scale > MAX_PIXELS or min(width, height) * scale < 1:
                return []
            image = page.render(scale=scale, grayscale=True).to_pil()
            codes = read_codes(image)
            if codes:
                return codes
        return []
    finally:
        page.close()
