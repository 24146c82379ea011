"""Reads the codes in a picture: a photograph of a card, a scan of a slip, a frame of a camera."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import zxingcpp

from vaxdesk.certificates.pictures import PictureError, open_picture
from vaxdesk.errors import InputError

#: The file and its pixels are limited before it is decoded; pixels and formats by ``open_picture``.
MAX_FILE_BYTES = 32 * 1024 * 1024
FORMATS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.Aztec,
        zxingcpp.BarcodeFormat.DataMatrix,
        zxingcpp.BarcodeFormat.PDF417,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
    ]
)
_SIGNATURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
_HEAD = 64


@dataclass(frozen=True)
class PictureCode:
    """One code: its bytes as they stand in the symbol (no letter guessed) and the kind of symbol."""

    content: bytes
    symbol: str


def is_picture(data: bytes) -> bool:
    """True when the bytes begin as a picture file does."""
    # A scanner's text may begin with the same letters; it never holds a zero byte.
    return data.startswith(_SIGNATURES) and b"\x00" in data[:_HEAD]


def read_codes(source: bytes | Path) -> list[PictureCode]:
    """The codes of a picture file, each content once, in reading order.

    :raises InputError: the file cannot be read, is too large, or is no picture.
    """
    try:
        image = open_picture(_bytes(source))
    except PictureError as error:
        raise InputError("This picture cannot be read: save it as PNG or JPEG, not too large.") from error
    found = zxingcpp.read_barcodes(image, formats=FORMATS)
    codes = [PictureCode(bytes(code.bytes), code.format.name) for code in found if code.bytes]
    return list({code.content: code for code in codes}.values())


def _bytes(source: bytes | Path) -> bytes:
    too_large = InputError("The picture is too large: at most {limit} MB.", limit=MAX_FILE_BYTES // 2**20)
    if isinstance(source, bytes):
        if len(source) > MAX_FILE_BYTES:
            raise too_large
        return source
    try:
        with source.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError("The file {path} cannot be read.", path=str(source)) from error
    if len(data) > MAX_FILE_BYTES:
        raise too_large
    return data
