"""Shows and prints finished PDF pages from memory."""

from __future__ import annotations

import pypdfium2
from PySide6.QtCore import QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPixmap
from PySide6.QtPrintSupport import QPrintDialog, QPrinter
from PySide6.QtWidgets import QWidget

#: Points in an inch: the unit of PDF pages.
_POINTS = 72
_PRINT_DPI = 600


def page_image(pdf: bytes, page: int = 0, dpi: float = 96) -> QImage:
    """One page of a PDF as a picture."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        bitmap = document[page].render(scale=dpi / _POINTS, rev_byteorder=True)
        data = bitmap.to_numpy()
        height, width, channels = data.shape
        kind = QImage.Format.Format_RGB888 if channels == 3 else QImage.Format.Format_RGBA8888
        return QImage(data.tobytes(), width, height, width * channels, kind).copy()
    finally:
        document.close()


def preview(pdf: bytes, width: int, ratio: float = 1.0, page: int = 0) -> QPixmap:
    """A page as a pixmap ``width`` logical pixels wide, sharp on the given screen ratio."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        points = document[page].get_width()
    finally:
        document.close()
    image = page_image(pdf, page, dpi=_POINTS * width * ratio / points)
    image.setDevicePixelRatio(ratio)
    return QPixmap.fromImage(image)


def print_from_memory(pdf: bytes, parent: QWidget | None) -> bool:
    """Ask for a printer and print; nothing of ours lies in a file. False when the user turned it down."""
    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    dialog = QPrintDialog(printer, parent)
    if dialog.exec() != QPrintDialog.DialogCode.Accepted:
        return False
    paint(pdf, printer)
    return True


def paint(pdf: bytes, printer: QPrinter) -> None:
    """Paint every page in its own size on a printer."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        sizes = [document[index].get_size() for index in range(len(document))]
    finally:
        document.close()
    painter = QPainter()
    for index, (width, height) in enumerate(sizes):
        size = QPageSize(QSizeF(width, height), QPageSize.Unit.Point, "", QPageSize.SizeMatchPolicy.FuzzyMatch)
        orientation = QPageLayout.Orientation.Portrait
        printer.setPageLayout(QPageLayout(size, orientation, QMarginsF(0, 0, 0, 0)))
        printer.setFullPage(True)
        if index == 0:
            painter.begin(printer)
        else:
            printer.newPage()
        scale = printer.resolution() / _POINTS
        painter.drawImage(QRectF(0, 0, width * scale, height * scale), page_image(pdf, index, _PRINT_DPI))
    painter.end()
