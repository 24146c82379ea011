"""The certificate before it is printed: its picture, its words, and one key to print."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QScrollArea, QWidget

from vaxdesk import settings
from vaxdesk.clock import local_date
from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printed, Printer
from vaxdesk.domain.dates import format_date
from vaxdesk.errors import KnownError
from vaxdesk.gui import forms, printing
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _
from vaxdesk.services import certificates
from vaxdesk.services.certificates import Issued
from vaxdesk.services.context import Context

PICTURE_WIDTH = 460
SIZES = {"A5": N_("A5"), "A4": N_("A4"), "card": N_("Card")}


class PaperDialog(QDialog):
    """Shows one certificate and prints it on F12."""

    scroll: QScrollArea
    picture: QLabel
    title: QLabel
    number: QLabel
    code_words: QLabel
    error: ErrorState
    size: QComboBox
    printer: QComboBox
    hint: QLabel
    print_button: KeyButton
    close_button: KeyButton

    def __init__(self, parent: QWidget, desk: Desk, issued: Issued, name: str) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/paper.ui")
        self.desk, self.issued = desk, issued
        self.setWindowTitle(_("Certificate"))
        self.title.setText(name)
        self.number.setText(_("No. {number}").format(number=issued.number))
        self.code_words.setText(self._code_words())
        for code, words in SIZES.items():
            self.size.addItem(_(words), code)
        self.size.setCurrentIndex(max(0, self.size.findData(desk.ctx.setting(settings.CERTIFICATE_SIZE))))
        self._data = b""
        self._printers: tuple[Printer, ...] = ()
        self.size.currentIndexChanged.connect(self._draw)
        self.print_button.clicked.connect(self._print)
        self.close_button.clicked.connect(self.reject)
        self._fill_printers()
        self._draw()
        self.print_button.setFocus()

    def _code_words(self) -> str:
        if self.issued.code_until is None:
            return "\n".join([_("Without a code, because:"), *(f"• {words}" for words in self.issued.no_code_reasons)])
        day = format_date(local_date(self.issued.code_until))
        if self.issued.kind == "national":
            return _("With the Ministry's code, until {day}.").format(day=day)
        return _("With a code signed by this station, provisional until {day}.").format(day=day)

    def _fill_printers(self) -> None:
        folder = printers.folder_printer(self.desk.ctx.paths.documents)
        self._printers = (*printers.list_printers(), folder)
        for one in self._printers:
            self.printer.addItem(_("Save as a file") if one.folder else one.name, one.name)
        wanted = self.printer.findData(self.desk.ctx.setting(settings.PRINTER))
        self.printer.setCurrentIndex(max(0, wanted))

    def _draw(self, _index: int = 0) -> None:
        work = partial(certificates.preview, certificate_id=self.issued.certificate_id, size=self.size.currentData())
        self.desk.act(work, self._show, owner=self, failed=self.error.tell)

    def _show(self, data: bytes) -> None:
        self._data = data
        self.picture.setPixmap(printing.preview(data, PICTURE_WIDTH, self.devicePixelRatioF()))
        self.error.tell(None)

    def _print(self) -> None:
        if not self._data:
            return
        printer = self._printers[self.printer.currentIndex()]
        work = partial(_print, self.issued, self.size.currentData(), printer)
        self.print_button.setEnabled(False)
        self.desk.act(work, self._printed, areas={"certificates"}, owner=self, failed=self._not_printed)

    def _printed(self, done: Printed) -> None:
        words = (
            _("Saved as {file}").format(file=done.path.name)
            if done.path is not None
            else _("Sent to the printer: {job}").format(job=done.job)
        )
        self.desk.toast(words)
        self.accept()

    def _not_printed(self, error: KnownError) -> None:
        self.print_button.setEnabled(True)
        self.error.tell(error)


def _print(issued: Issued, size: str, printer: Printer, ctx: Context) -> Printed:
    data = certificates.pdf(ctx, [issued.certificate_id], size)
    return printers.print_pdf(data, printer, title=f"VaxDesk {issued.number.replace('/', '-')}")


def show_paper(parent: QWidget, desk: Desk, issued: Issued, name: str) -> None:
    """Open the dialog."""
    dialog = PaperDialog(parent, desk, issued, name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
