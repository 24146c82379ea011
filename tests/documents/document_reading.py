"""Reading prints back: text and pictures by pypdfium2, codes from pixels by zxing-cpp and zbar."""

from __future__ import annotations

import unicodedata

import numpy as np
import pypdfium2
import zxingcpp
from numpy.typing import NDArray
from pyzbar import pyzbar


def page_count(pdf: bytes) -> int:
    """The number of pages."""
    with pypdfium2.PdfDocument(pdf) as document:
        return len(document)


def text(pdf: bytes, page: int = 0) -> str:
    """The page's text in NFC, white space as single blanks."""
    with pypdfium2.PdfDocument(pdf) as document:
        found = document[page].get_textpage().get_text_bounded()
    return " ".join(unicodedata.normalize("NFC", found).split())


def pixels(pdf: bytes, page: int = 0, dpi: int = 150) -> NDArray[np.uint8]:
    """The page in grey."""
    with pypdfium2.PdfDocument(pdf) as document:
        return np.array(document[page].render(scale=dpi / 72, grayscale=True).to_pil().convert("L"))


def colour(pdf: bytes, page: int = 0, dpi: int = 150) -> NDArray[np.uint8]:
    """The page in colour."""
    with pypdfium2.PdfDocument(pdf) as document:
        return np.array(document[page].render(scale=dpi / 72).to_pil().convert("RGB"))


def zxing(picture: NDArray[np.uint8]) -> str | None:
    """What zxing-cpp reads."""
    found = zxingcpp.read_barcode(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return str(found.text) if found is not None else None


def zbar(picture: NDArray[np.uint8]) -> str | None:
    """What zbar reads."""
    found = pyzbar.decode(picture, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return found[0].data.decode() if found else None
