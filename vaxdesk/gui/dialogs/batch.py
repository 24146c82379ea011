"""Prints certificates for a list: size, printer, progress, stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QFrame, QLabel, QProgressBar, QWidget

from vaxdesk import settings
from vaxdesk.devices import printers
from vaxdesk.devices.printers import Printed, Printer
from vaxdesk.errors import KnownError
from vaxdesk.gui import forms, words
from vaxdesk.gui.printer_choice import PrinterChoice
from vaxdesk.gui.tasks import Lane, Task
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.services import certificate_batch
from vaxdesk.services.certificate_batch import Batch, Wanted

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context

SIZES = {"A5": N_("A5"), "A4": N_("A4"), "card": N_("Card"), "cards": N_("Cards (4 on A4)")}


@dataclass(frozen=True)
class Done:
    """What came of the batch."""

    batch: Batch
    printed: Printed


class BatchDialog(QDialog):
    """Issues and prints; Esc stops between two papers, and what was issued stays on the list."""

    title: QLabel
    about: QLabel
    size: QComboBox
    printer: QComboBox
    error: ErrorState
    bar: QProgressBar
    state: QLabel
    failed_card: QFrame
    failed: QLabel
    stop: KeyButton
    go: KeyButton

    def __init__(self, parent: QWidget, desk: Desk, wanted: Sequence[Wanted], about: str) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/batch.ui")
        self.desk = desk
        self.wanted = tuple(wanted)
        self.result_of: Done | None = None
        self._task: Task | None = None
        count = ngettext("Print {count} certificate", "Print {count} certificates", len(self.wanted))
        self.title.setText(count.format(count=words.number(len(self.wanted))))
        self.setWindowTitle(self.title.text())
        self.about.setText(about)
        for code, label in SIZES.items():
            self.size.addItem(_(label), code)
        self.size.setCurrentIndex(max(0, self.size.findData(desk.setting(settings.CERTIFICATE_SIZE))))
        self.go.setEnabled(False)
        self._printers = PrinterChoice(self.printer, desk, self)
        self._printers.ready.connect(self._may_begin)
        self._may_begin()
        for part in (self.bar, self.state, self.failed_card):
            part.hide()
        self.go.clicked.connect(self.begin)
        self.stop.clicked.connect(self.reject)

    @property
    def running(self) -> bool:
        """Whether papers are being made."""
        return self._task is not None and not self._task.finished

    def _may_begin(self) -> None:
        if self._printers.known:
            self.go.setEnabled(True)
            self.go.setFocus()

    def begin(self) -> None:
        """Make and print all papers."""
        if self.running or self.result_of is not None or not self._printers.known:
            return
        self.error.tell(None)
        self.bar.setRange(0, 2 * len(self.wanted))
        self.bar.setValue(0)
        self._working(True)
        printer = self._printers.chosen
        # Not in the writing lane: each paper is a transaction of its own, and the desk goes on between them.
        self._task = self.desk.tasks.start(
            Lane.READING,
            partial(_make, self.desk.ctx, self.wanted, self.size.currentData(), printer),
            self._done,
            failed=self._failed,
            progressed=self._progressed,
            owner=self,
        )

    def _working(self, working: bool) -> None:
        self.bar.setVisible(working)
        self.state.setVisible(working)
        for part in (self.size, self.printer, self.go):
            part.setEnabled(not working)
        self.stop.setText(_("Stop") if working else _("Close"))

    def _progressed(self, done: int, _total: int) -> None:
        self.bar.setValue(done)
        count = len(self.wanted)
        sentence = _("Issuing {done} of {count}") if done <= count else _("Drawing {done} of {count}")
        self.state.setText(sentence.format(done=done if done <= count else done - count, count=count))

    def _done(self, done: Done) -> None:
        self.result_of = done
        self.desk.changes.notify({"certificates", "outbox"})
        self._working(False)
        self.go.setEnabled(False)
        batch = done.batch
        self.state.show()
        self.state.setText(self._summary(done))
        if not batch.failed:
            self.desk.toast(self._summary(done))
            self.accept()
            return
        self.failed_card.show()
        self.failed.setText("\n".join(f"{name}: {error.words()}" for name, error in batch.failed))
        self.stop.setFocus(Qt.FocusReason.OtherFocusReason)

    @staticmethod
    def _summary(done: Done) -> str:
        count = len(done.batch.certificate_ids)
        parts = [ngettext("{count} certificate printed", "{count} certificates printed", count).format(count=count)]
        if done.batch.without_code:
            without = done.batch.without_code
            parts.append(ngettext("{count} without a code", "{count} without a code", without).format(count=without))
        if done.printed.path is not None:
            parts.append(_("saved as {file}").format(file=done.printed.path.name))
        return " · ".join(parts)

    def _failed(self, error: KnownError) -> None:
        self._working(False)
        self.error.tell(error)
        self.desk.changes.notify({"certificates", "outbox"})

    def reject(self) -> None:
        """Esc: stop what runs, close what does not."""
        if self.running and self._task is not None:
            self._task.cancel()
            self._task = None
            self.desk.changes.notify({"certificates", "outbox"})
            self.desk.toast(_("Stopped. Papers that were issued stay on the list until they are printed."), tone="warn")
        super().reject()


def _make(ctx: Context, wanted: Sequence[Wanted], size: Any, printer: Printer, task: Task) -> Done:
    batch = certificate_batch.make(ctx, wanted, size, task.progress, lambda: task.cancelled)
    title = f"VaxDesk {len(batch.certificate_ids)}"
    return Done(batch, printers.print_pdf(batch.data, printer, title=title))
