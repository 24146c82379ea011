"""The obvious program that certificate printing is measured against: a qrcode picture in a one-page PDF each."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence

import qrcode
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from vaxdesk import assets
from vaxdesk.certificates.pages import CertificatePage

_MM = 72 / 25.4


def register_fonts() -> None:
    """Two faces under names of their own, once a process: not counted."""
    for name, file in (("Naive", "BeVietnamPro_400Regular.ttf"), ("Naive-Bold", "BeVietnamPro_600SemiBold.ttf")):
        # reportlab keeps one state a font file: the same choice as the program's keeps the bytes comparable.
        pdfmetrics.registerFont(TTFont(name, str(assets.resource("fonts", file)), asciiReadable=False))


def one_pdf(page: CertificatePage) -> bytes:
    """A page with the same facts: title, person, doses, a code of 40 mm."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q)
    code.add_data(page.code or "")
    picture = io.BytesIO()
    code.make_image().save(picture, "PNG")
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(148 * _MM, 210 * _MM))
    canvas.setFont("Naive-Bold", 14)
    canvas.drawCentredString(74 * _MM, 185 * _MM, page.title_vi.upper())
    canvas.setFont("Naive", 9)
    lines = [*page.head_lines, page.number, page.name, page.birth.vietnamese(), page.nationality, page.identity]
    lines += [page.phone, page.address, page.uvci, page.place, page.signer]
    lines += [
        f"{dose.number} {dose.day:%d/%m/%Y} {dose.product} {dose.maker} {dose.lot} {dose.unit}" for dose in page.doses
    ]
    for number, line in enumerate(lines):
        canvas.drawString(12 * _MM, (175 - 6 * number) * _MM, line)
    canvas.drawImage(ImageReader(picture), 12 * _MM, 20 * _MM, 43 * _MM, 43 * _MM)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def seconds_a_page(pages: Sequence[CertificatePage]) -> float:
    """What the naive program takes for one page, as the mean over the given ones."""
    start = time.perf_counter()
    for page in pages:
        one_pdf(page)
    return (time.perf_counter() - start) / len(pages)
