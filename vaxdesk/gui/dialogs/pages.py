"""Pages before they are printed: the first one as a picture, what, how many, which printer, and one key to print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QProgressBar, QScrollArea, QSpinBox, QWidget

from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printer
from vaxdesk.errors import KnownError
from vaxdesk.gui import forms, printing, words
from vaxdesk.gui.printer_choice import PrinterChoice
from vaxdesk.gui.tasks import Lane, Task
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.services.printing import Printed

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

PICTURE_WIDTH = 460
SIZES = {"A5": N_("A5"), "A4": N_("A4"), "card": N_("Card")}


@dataclass(frozen=True)
class Order:
    """What is asked of a paper's maker: size, how many people, and whether it is a print (logged) or only a look."""

    size: str
    count: int
    log: bool
    progress: Callable[[int, int], None] | None = None
    cancelled: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Paper:
    """One kind of paper that may be printed here.

    ``label`` is translated already; ``job`` names the print at the printer and holds no personal data. ``total`` people
    stand on the list, ``usual`` of them are printed unless somebody says otherwise, ``sample`` are enough to show the
    first page. ``copies``: empty forms, for nobody in particular.
    """

    label: str
    make: Callable[[Context, Order], Printed]
    job: str
    sizes: tuple[str, ...] = ("A4",)
    size: str = ""
    total: int = 1
    usual: int = 1
    sample: int = 1
    copies: bool = False


@dataclass(frozen=True)
class _Sent:
    made: Printed
    where: printers.Printed


class PagesDialog(QDialog):
    """Shows the first page and prints all of them on F12; Esc stops what is being drawn."""

    scroll: QScrollArea
    picture: QLabel
    title: QLabel
    about: QLabel
    words: QLabel
    error: ErrorState
    what_label: QLabel
    what: QComboBox
    count_label: QLabel
    count: QSpinBox
    size_label: QLabel
    size: QComboBox
    printer: QComboBox
    hint: QLabel
    bar: QProgressBar
    state: QLabel
    print_button: KeyButton
    close_button: KeyButton

    #: Areas of the change notice after a print.
    changes = frozenset[str]()

    def __init__(self, parent: QWidget, desk: Desk, title: str, about: str, papers: Sequence[Paper]) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/pages.ui")
        self.desk = desk
        self.papers = tuple(papers)
        self._task: Task | None = None
        self._look: Task | None = None
        self.setWindowTitle(_("Print"))
        self.title.setText(title)
        self.about.setText(about)
        self.about.setVisible(bool(about))
        for part in (self.words, self.bar, self.state, self.hint):
            part.hide()
        self._drawn = False
        self._printers = PrinterChoice(self.printer, desk, self)
        self._printers.ready.connect(self._may_print)
        for paper in self.papers:
            self.what.addItem(paper.label)
        for part in (self.what_label, self.what):
            part.setVisible(len(self.papers) > 1)
        self.what.currentIndexChanged.connect(self._chosen)
        self.size.currentIndexChanged.connect(self._draw)
        self.count.valueChanged.connect(self._say_count)
        self.print_button.clicked.connect(self._print)
        self.close_button.clicked.connect(self.reject)
        self._chosen()
        self.print_button.setFocus()

    @property
    def paper(self) -> Paper:
        """The paper that is chosen."""
        return self.papers[max(0, self.what.currentIndex())]

    @property
    def running(self) -> bool:
        """Whether pages are being drawn for the printer."""
        return self._task is not None and not self._task.finished

    def say(self, text: str) -> None:
        """A sentence about the paper, beside its picture."""
        self.words.setText(text)
        self.words.setVisible(bool(text))

    # choosing

    def _chosen(self, _index: int = 0) -> None:
        paper = self.paper
        self.size.blockSignals(True)
        self.size.clear()
        for code in paper.sizes:
            self.size.addItem(_(SIZES[code]), code)
        self.size.setCurrentIndex(max(0, self.size.findData(paper.size)))
        self.size.blockSignals(False)
        for part in (self.size_label, self.size):
            part.setVisible(len(paper.sizes) > 1)
        for part in (self.count_label, self.count):
            part.setVisible(paper.total > 1)
        self.count_label.setText(_("Copies") if paper.copies else _("How many people, from the top of the list"))
        self.count.setMaximum(paper.total)
        self.count.setValue(paper.usual)
        self._say_count()
        self._draw()

    def _say_count(self, _value: int = 0) -> None:
        total = 1 if self.paper.copies else self.paper.total
        if total > 1:
            all_words = ngettext("{count} person is on the list", "{count} people are on the list", total)
            self.hint.setText(all_words.format(count=words.number(total)))
        self.hint.setVisible(total > 1)

    def _draw(self, _index: int = 0) -> None:
        if self._look is not None:
            self._look.cancel()
        order = Order(self.size.currentData() or "", min(self.paper.sample, self.paper.total), log=False)
        self._look = self.desk.tasks.start(
            Lane.READING, partial(_make, self.desk.ctx, self.paper, order), self._show, failed=self._no_look, owner=self
        )

    def _show(self, made: Printed) -> None:
        self.picture.setPixmap(printing.preview(made.data, PICTURE_WIDTH, self.devicePixelRatioF()))
        self.error.tell(None)
        self._drawn = True
        self._may_print()

    def _may_print(self) -> None:
        self.print_button.setEnabled(self._drawn and self._printers.known and not self.running)

    def _no_look(self, error: KnownError) -> None:
        self.picture.clear()
        self._drawn = False
        self._may_print()
        self.error.tell(error)

    # printing

    def _print(self) -> None:
        if self.running or not self._printers.known:
            return
        self.error.tell(None)
        order = Order(self.size.currentData() or "", self.count.value() if self.paper.total > 1 else 1, log=True)
        self.bar.setRange(0, order.count)
        self.bar.setValue(0)
        self._working(True)
        printer = self._printers.chosen
        # Not in the writing lane: a long list is drawn while the desk goes on; the log is one short write in its end.
        self._task = self.desk.tasks.start(
            Lane.READING,
            partial(_print, self.desk.ctx, self.paper, order, printer),
            self._printed,
            failed=self._not_printed,
            progressed=self._progressed,
            owner=self,
        )

    def _working(self, working: bool) -> None:
        many = self.paper.total > 1
        self.bar.setVisible(working and many)
        self.state.setVisible(working and many)
        for part in (self.what, self.count, self.size, self.printer, self.print_button):
            part.setEnabled(not working)
        self.close_button.setText(_("Stop") if working else _("Close"))

    def _progressed(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.state.setText(_("Drawing {done} of {count}").format(done=words.number(done), count=words.number(total)))

    def _printed(self, sent: _Sent) -> None:
        if self.changes:
            self.desk.changes.notify(self.changes)
        self.desk.toast(self._summary(sent))
        self.accept()

    def _summary(self, sent: _Sent) -> str:
        where = (
            _("Saved as {file}").format(file=sent.where.path.name)
            if sent.where.path is not None
            else _("Sent to the printer: {job}").format(job=sent.where.job)
        )
        parts = [where]
        if sent.made.skipped:
            count = len(sent.made.skipped)
            without = ngettext("{count} person has no such paper", "{count} people have no such paper", count)
            parts.append(without.format(count=count))
        return " · ".join(parts)

    def _not_printed(self, error: KnownError) -> None:
        self._working(False)
        self.error.tell(error)

    def reject(self) -> None:
        """Esc: stop what is being drawn, close what is not."""
        if self._look is not None:
            self._look.cancel()
        if self.running and self._task is not None:
            self._task.cancel()
            self._task = None
            self._working(False)
            self.desk.toast(_("Printing was stopped; nothing was printed."), tone="warn")
            return
        super().reject()


def _make(ctx: Context, paper: Paper, order: Order, _task: Task) -> Printed:
    return paper.make(ctx, order)


def _print(ctx: Context, paper: Paper, order: Order, printer: Printer, task: Task) -> _Sent:
    made = paper.make(ctx, Order(order.size, order.count, order.log, task.progress, lambda: task.cancelled))
    task.check()
    return _Sent(made, printers.print_pdf(made.data, printer, title=f"VaxDesk {paper.job}"))


def print_pages(parent: QWidget, desk: Desk, title: str, about: str, papers: Sequence[Paper]) -> PagesDialog:
    """Open the dialog."""
    dialog = PagesDialog(parent, desk, title, about, papers)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog
