"""The station's key request and the authority's answer: at the end of set-up, and later in administration."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QFrame, QLabel, QLineEdit, QWidget

from vaxdesk.clock import VIET_NAM
from vaxdesk.errors import KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.focus import LeadsFocus
from vaxdesk.gui.tasks import Tasks
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import _

if TYPE_CHECKING:
    from vaxdesk.services.context import Context
    from vaxdesk.services.enrolment import Enrolled


class EnrolPanel(LeadsFocus, QWidget):
    """Shows where the request lies, reads an answer, shows the authority's fingerprint, and imports."""

    request_path: QLineEdit
    show_folder: KeyButton
    choose: KeyButton
    chosen: QLabel
    error: ErrorState
    found: QFrame
    authority: QLabel
    fingerprint: QLabel
    compared: QCheckBox
    result: QLabel

    #: An answer was read and may be imported, or no longer.
    ready_changed = Signal(bool)
    imported = Signal(object)

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/enrol.ui")
        self._tasks = tasks
        self._ctx: Context | None = None
        self._answer: _Answer | None = None
        self._enrolled: Enrolled | None = None
        self.choose.clicked.connect(self._choose)
        self.show_folder.clicked.connect(self._show_folder)
        self.compared.toggled.connect(self._compared)
        self.setFocusProxy(self.choose)
        self.found.hide()
        self.result.hide()

    def set_context(self, ctx: Context) -> None:
        """The open station."""
        self._ctx = ctx
        self.request_path.setText(str(ctx.paths.key_request))

    @property
    def ready(self) -> bool:
        """Whether an answer waits and its fingerprint was compared."""
        return self._answer is not None and self.compared.isChecked()

    def read(self, path: Path) -> None:
        """Read and check an answer file; nothing is imported yet."""
        if self._ctx is None:
            return
        self.error.tell(None)
        self.chosen.setText(path.name)
        self._tasks.read(partial(_look, self._ctx, path), self._read, owner=self, failed=self._refused, key="enrol")

    def import_now(self) -> None:
        """Import the answer that was read and compared."""
        if self._ctx is None or self._answer is None or not self.ready:
            return
        work = partial(_import, self._ctx, self._answer.document, self._answer.fingerprint)
        self._tasks.write(work, self._done, owner=self, failed=self._refused)

    def _choose(self) -> None:
        words = _("Answer files (*.json);;All files (*)")
        name, _filter = QFileDialog.getOpenFileName(self, _("Choose the authority's answer file"), "", words)
        if name:
            self.read(Path(name))

    def _show_folder(self) -> None:
        if self._ctx is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._ctx.paths.data_dir)))

    def _read(self, found: _Answer) -> None:
        self._answer = found
        self._enrolled = None
        self.found.show()
        self.result.hide()
        self.compared.setChecked(False)
        self.compared.setFocus(Qt.FocusReason.OtherFocusReason)
        self._translate()

    def _refused(self, error: KnownError) -> None:
        self._answer = None
        self.found.hide()
        self.error.tell(error)
        self.ready_changed.emit(False)

    def _compared(self, _checked: bool) -> None:
        self.ready_changed.emit(self.ready)

    def _done(self, enrolled: Enrolled) -> None:
        self._enrolled = enrolled
        self._answer = None
        self.found.hide()
        self._translate()
        self.ready_changed.emit(False)
        self.imported.emit(enrolled)

    def _translate(self) -> None:
        if self._answer is not None:
            self.authority.setText(self._answer.authority)
            self.fingerprint.setText(self._answer.fingerprint)
        if self._enrolled is not None:
            day = f"{self._enrolled.valid_until.astimezone(VIET_NAM):%d/%m/%Y}"
            self.result.setText(_("Imported. The certificate of the station is valid until {day}.").format(day=day))
            self.result.show()

    def event(self, event: QEvent) -> bool:
        """Follow the language: after the form, which would write its own texts over ours."""
        done = super().event(event)
        if event.type() == QEvent.Type.LanguageChange and hasattr(self, "_answer"):
            self._translate()
        return done


@dataclass(frozen=True)
class _Answer:
    """A checked answer that waits for its import."""

    document: dict[str, Any]
    authority: str
    fingerprint: str


def _look(ctx: Context, path: Path) -> _Answer:
    from vaxdesk.services import enrolment

    document = enrolment.read_file(path)
    answer = enrolment.look(ctx, document)
    names = [str(part.value) for part in answer.root.parsed.subject if part.rfc4514_attribute_name == "CN"]
    return _Answer(document, " ".join(names), answer.root_fingerprint)


def _import(ctx: Context, document: dict[str, Any], fingerprint: str) -> Enrolled:
    from vaxdesk.services import enrolment, listed_papers

    done = enrolment.import_answer(ctx, document, fingerprint)
    listed_papers.revoke_listed(ctx)
    return done
