"""The texts of the codes (QR, Aztec) in pictures and PDFs that strangers hand in, within bounds of size and number."""

from __future__ import annotations

import io
import itertools
import math
import threading
import warnings
from collections.abc import Generator, Iterator
from typing import cast

import pypdfium2
import zxingcpp
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError
from pypdfium2 import raw

from vaxdesk.certificates import kinds

MAX_PIXELS = 60_000_000
#: Pages of a PDF, or of a scan in one TIFF; frames of a moving picture, and their pixels together.
MAX_PAGES = 500
MAX_PIXELS_OF_ALL = 4 * MAX_PIXELS
#: A code of 93 modules on 30 mm has 5 dots a module at the first, the second is for poor scans and small codes.
_PAGE_DPI = (200, 350)
#: For codes of a centimetre: only the first pages, and only where nothing was found in the whole document.
_LAST_DPI, _LAST_PAGES = 600, 3
#: Some other readers of the imaging library start helper programs; strangers' files never reach them.
_PICTURES = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
#: A picture is enlarged up to this many pixels where nothing was read: its modules may be smaller than two pixels.
_ENLARGED_PIXELS = 16_000_000
#: The darkest and the lightest level of a picture are at least so far apart, else it is one plain area.
_FLAT = 8
#: PDFium is not safe in several threads of one process.
PDFIUM_LOCK = threading.Lock()
#: The size is judged here, against a smaller bound than the library's.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
_FORMATS = (zxingcpp.BarcodeFormat.QRCode, zxingcpp.BarcodeFormat.Aztec)


class PictureError(ValueError):
    """The bytes are no picture that can be opened; the text says why, ``kind`` (``kinds.py``) what to tell people."""

    def __init__(self, text: str, kind: str = kinds.NO_PICTURE) -> None:
        super().__init__(text)
        self.kind = kind


def read_codes(image: Image.Image) -> list[str]:
    """The texts of the codes (QR, Aztec) in a picture, each once."""
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.BarcodeFormats(_FORMATS))
    return list(dict.fromkeys(code.text for code in found if code.text))


def picture_codes(data: bytes, pages: int = MAX_PAGES) -> Generator[str, None, None]:
    """The texts of the codes in the first ``pages`` frames of a picture. Raises PictureError if it cannot be opened."""
    for image in itertools.islice(frames(data), pages):
        yield from read_codes(image) or _read_poor(image)


def _read_poor(image: Image.Image) -> list[str]:
    """A second look at a picture in which nothing was found: full contrast, larger modules."""
    strong = ImageOps.autocontrast(image, cutoff=1)
    codes = read_codes(strong)
    factor = min(3, math.isqrt(_ENLARGED_PIXELS // max(1, image.width * image.height)))
    if codes or factor < 2:
        return codes
    return read_codes(strong.resize((strong.width * factor, strong.height * factor), Image.Resampling.BICUBIC))


def open_picture(data: bytes) -> Image.Image:
    """Open the bytes of a picture (the first of several) as grey levels. Raises PictureError."""
    return next(frames(data))


def frames(data: bytes) -> Iterator[Image.Image]:
    """The frames or pages of a picture as grey levels, at least one. Raises PictureError."""
    try:
        # Naming a reader that is not loaded makes the library fail for the others too; JPEG's reader takes MPO as well.
        Image.init()
        with Image.open(io.BytesIO(data), formats=_PICTURES) as image:
            if image.width * image.height > MAX_PIXELS:
                image.draft("L", (image.width // 2, image.height // 2))  # a camera's JPEG is opened at half its size
            pixels = image.width * image.height
            if pixels > MAX_PIXELS:
                raise PictureError("the picture is too large", kinds.TOO_LARGE)
            limit = min(MAX_PAGES, MAX_PIXELS_OF_ALL // max(1, pixels))
            for number, frame in enumerate(ImageSequence.Iterator(image)):
                if number >= limit or frame.width * frame.height > MAX_PIXELS:
                    return
                yield _grey(frame)
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
        if isinstance(error, Image.DecompressionBombError):
            raise PictureError("the picture is too large", kinds.TOO_LARGE) from error
        raise PictureError("not a picture that can be opened") from error


def _span(image: Image.Image) -> tuple[float, float]:
    """The darkest and the lightest level of a picture of one band."""
    return cast("tuple[float, float]", image.getextrema())


def _grey(image: Image.Image) -> Image.Image:
    """Grey levels; what is clear is white, or black where only that shows something."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ink, cover = rgba.convert("L"), rgba.getchannel("A")
        for ground in (255, 0):
            grey = Image.composite(ink, Image.new("L", ink.size, ground), cover)
            darkest, lightest = _span(grey)
            if lightest - darkest >= _FLAT:
                break
        return grey
    if image.mode == "F":
        darkest, lightest = _span(image)
        if math.isfinite(darkest) and math.isfinite(lightest) and lightest > darkest:
            scale = 255 / (lightest - darkest)
            return image.point(lambda level: level * scale - darkest * scale).convert("L")
    return image.convert("L")


def pdf_codes(data: bytes, pages: int = MAX_PAGES) -> Generator[str, None, None]:
    """The texts of the codes on the first ``pages`` pages of a PDF. Raises PictureError where it cannot be opened."""
    with PDFIUM_LOCK:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            if error.err_code == raw.FPDF_ERR_PASSWORD:
                raise PictureError("the PDF is protected by a password", kinds.LOCKED_PDF) from error
            raise PictureError("not a PDF that can be opened") from error
        try:
            found = False
            for index in range(min(len(document), pages)):
                for code in _page_codes(document, index, _PAGE_DPI):
                    found = True
                    yield code
            for index in range(0 if found else min(len(document), _LAST_PAGES)):
                yield from _page_codes(document, index, (_LAST_DPI,))
        finally:
            document.close()


def _page_codes(document: pypdfium2.PdfDocument, index: int, resolutions: tuple[int, ...]) -> list[str]:
    """Looked at in each resolution: a code that shows only in the finer picture must not hide behind another one."""
    try:
        page = document[index]
    except pypdfium2.PdfiumError as error:
        raise PictureError(f"page {index + 1} cannot be opened") from error
    codes: dict[str, None] = {}
    try:
        width, height = page.get_size()
        largest = math.sqrt(MAX_PIXELS / max(1, width * height))
        scales = sorted({min(dpi / 72, largest) for dpi in resolutions})
        for scale in scales:
            if min(width, height) * scale >= 1:
                codes |= dict.fromkeys(read_codes(page.render(scale=scale, grayscale=True).to_pil()))
        return list(codes)
    finally:
        page.close()
