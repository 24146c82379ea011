"""Check a code: scanned, by camera, from a picture or PDF, or pasted. Words first, then colour and shape."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QGuiApplication, QImage, QPixmap
from PySide6.QtWidgets import QApplication, QFileDialog, QFrame, QLabel, QStackedWidget, QVBoxLayout, QWidget

from vaxdesk.domain.cards import Scan, read_scan
from vaxdesk.errors import KnownError
from vaxdesk.gui import icons, style, verify_tables, verify_words
from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.tasks import Lane
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.camera_view import CameraView
from vaxdesk.gui.widgets.marks import Badge, StatusMark
from vaxdesk.gui.widgets.states import EmptyState, ErrorState
from vaxdesk.gui.widgets.tables import RowTable, fitting_height
from vaxdesk.i18n import N_, _
from vaxdesk.services import verifying
from vaxdesk.services.verifying import Checked, Lists, StageRow

if TYPE_CHECKING:
    from vaxdesk.devices.camera import CameraCode
    from vaxdesk.gui.desk import Desk
    from vaxdesk.gui.tasks import Task
    from vaxdesk.services.context import Context

#: Kinds of code that find a person at this desk.
_FINDS_PERSON = ("identity_card", "personal_code", "health_insurance")
_SHAPE = 56
_LINE = 28
_SEEN = QSize(176, 99)


class VerifyPage(Page):
    """Shows what a code is worth, what it says, and how far it can be believed."""

    form = "pages/verify.ui"
    areas = frozenset({"settings", "certificates", "sync"})

    paste: KeyButton
    choose: KeyButton
    by_camera: KeyButton
    views: QStackedWidget
    empty_view: QWidget
    camera_view: QWidget
    camera_column: QVBoxLayout
    answer_view: QWidget
    empty: EmptyState
    error: ErrorState
    results: RowTable
    answer: QFrame
    shape: QLabel
    verdict: QLabel
    words: QLabel
    seen: QLabel
    said: QFrame
    trusted: Badge
    status: StatusMark
    compare: QLabel
    event_words: QLabel
    said_name: QLabel
    said_birth: QLabel
    doses: RowTable
    said_maker: QLabel
    said_issuer: QLabel
    said_times: QLabel
    said_identifier: QLabel
    own: QLabel
    person: KeyButton
    clear: KeyButton
    trust_age: Badge
    trust_words: QLabel
    revocation_age: Badge
    revocation_words: QLabel
    clock_state: Badge
    lists_hint: QLabel
    steps_card: QFrame
    steps: RowTable
    reason: QLabel

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._answers: tuple[Checked, ...] = ()
        self._shown: Checked | None = None
        self._by_camera = False
        self._lists: Lists | None = None
        self.camera = CameraView(desk, self)
        self.camera_column.addWidget(self.camera)
        self._results = verify_tables.results(self)
        self._doses = verify_tables.doses(self)
        self._steps = verify_tables.steps(self)
        self.results.use(self._results)
        self.doses.use(self._doses)
        self.steps.use(self._steps)
        self.steps.horizontalHeader().hide()
        self.steps.verticalHeader().setDefaultSectionSize(_LINE)
        self.results.chosen.connect(self._choose_answer)
        self.steps.chosen.connect(self._show_reason)
        self.choose.clicked.connect(self._choose_file)
        self.paste.clicked.connect(self._paste)
        self.by_camera.clicked.connect(self.take_camera)
        self.camera.found.connect(self._take_from_camera)
        self.camera.closed.connect(self._clear)
        self.camera.changed.connect(self._one_main_button)
        self.clear.clicked.connect(self._next)
        self.person.clicked.connect(self._open_person)
        self.empty.say(
            "qrcode",
            N_("Hold the code under the scanner"),
            N_(
                "Certificates of this country and of others are checked here without the internet. Without a scanner: "
                "F4 for the camera, Ctrl O for a picture or PDF, Ctrl V to paste."
            ),
        )
        self._clear()

    # What comes in

    def entered(self, target: object = None) -> None:
        """A scan may be given along; the ages of the lists are read anew."""
        self._read_lists()
        self.setFocus()
        if isinstance(target, Scan):
            self._check_scan(target)
        elif isinstance(target, str):
            self.check(target)

    def refresh(self, areas: frozenset[str]) -> None:
        """Lists or records have changed."""
        self._read_lists()

    def take_scan(self, scan: object) -> bool:
        """Here every scan is checked, whatever it is."""
        if isinstance(scan, Scan):
            self._check_scan(scan)
            return True
        return False

    def take_camera(self) -> bool:
        """F4: begin with the camera, or end it."""
        if self.camera.isVisible() and self.camera.running:
            self._clear()
        else:
            self._show_camera()
        return True

    def left(self) -> None:
        """Another page comes: what a stranger's code said does not stay on the screen."""
        self._clear()

    def check(self, given: str | bytes | Path | QImage) -> None:
        """Check a pasted text, a picture's or PDF's bytes, a picture, or a file."""
        self.desk.tasks.start(
            Lane.READING,
            partial(_check, self.desk.ctx, given),
            self._show_answers,
            failed=self._failed,
            owner=self,
            key="verify",
        )

    def _check_scan(self, scan: Scan) -> None:
        if scan.raw or not scan.warnings:
            self._check_codes((scan.raw,))
        else:
            self._failed(KnownError(scan.warnings[0].message, **scan.warnings[0].values))

    def _check_codes(self, texts: tuple[str, ...], seen: QPixmap | None = None) -> None:
        """Check whole codes, as a scanner or (with its picture) the camera read them."""
        self.desk.tasks.start(
            Lane.READING,
            partial(_check_codes, self.desk.ctx, texts, seen is not None),
            partial(self._show_answers, seen=seen),
            failed=self._failed,
            owner=self,
            key="verify",
        )

    def _show_camera(self, *, next_one: bool = False) -> None:
        self._clear()
        self.views.setCurrentWidget(self.camera_view)
        self.camera.open(next_one=next_one)
        self._one_main_button()
        self.camera.close_camera.setFocus()

    def _take_from_camera(self, codes: tuple[CameraCode, ...]) -> None:
        self._check_codes(tuple(code.text for code in codes), self.camera.small(_SEEN))

    def _choose_file(self) -> None:
        kinds = _("Pictures and PDF (*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.pdf *.txt);;All files (*)")
        name, _filter = QFileDialog.getOpenFileName(self, _("Choose a picture or PDF with a code"), "", kinds)
        if name:
            self.check(Path(name))

    def _paste(self) -> None:
        clipboard = QGuiApplication.clipboard()
        image = clipboard.image()
        if not image.isNull():
            self.check(image)
            return
        content = clipboard.mimeData()
        urls = content.urls() if content is not None else []
        if urls and urls[0].isLocalFile():
            self.check(Path(urls[0].toLocalFile()))
        elif clipboard.text().strip():
            self.check(clipboard.text())
        else:
            self.desk.toast(_("Nothing to paste: copy a picture or the code's text first."), tone="warn")

    # The answer

    def _show_answers(self, answers: tuple[Checked, ...], seen: QPixmap | None = None) -> None:
        self.error.tell(None)
        self._by_camera = seen is not None
        self.seen.setVisible(self._by_camera)
        self.seen.setPixmap(seen or QPixmap())
        self._answers = answers
        self._results.show(tuple(enumerate(answers, start=1)))
        self.results.setVisible(len(answers) > 1)
        self.views.setCurrentWidget(self.answer_view)
        for part in (self.answer, self.own):
            part.show()
        self._one_main_button()
        if len(answers) > 1:
            self.results.choose(0)
        self._show(answers[0])
        if self._has_focus():
            self.clear.setFocus()

    def _failed(self, error: KnownError) -> None:
        self._clear()
        self.views.setCurrentWidget(self.answer_view)
        self.error.tell(error)
        for part in (self.answer, self.said, self.results, self.person, self.own):
            part.hide()
        self._one_main_button()
        self.clear.setFocus()

    def _next(self) -> None:
        """The next code, by the way that the last one came."""
        if self._by_camera:
            self._show_camera(next_one=True)
        else:
            self._clear()

    def _has_focus(self) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def _clear(self) -> None:
        working_here = self._has_focus()
        self._answers, self._shown, self._by_camera = (), None, False
        self.camera.stop()
        self.error.tell(None)
        self.steps_card.hide()
        self.views.setCurrentWidget(self.empty_view)
        self._one_main_button()
        if working_here:
            self.setFocus()

    def _one_main_button(self) -> None:
        """The next thing to do: open the camera (once more), or, below an answer, go on to the next code."""
        answered = self.views.currentWidget() is self.answer_view
        style.mark(self.by_camera, "variant", "" if answered or self.camera.running else "main")
        self.setFocusProxy(self.clear if answered else self.by_camera)

    def _choose_answer(self, row: object) -> None:
        if isinstance(row, tuple):
            self._show(row[1])

    def _show(self, checked: Checked) -> None:
        self._shown = checked
        look = verify_words.LOOKS[checked.verdict]
        self.shape.setPixmap(icons.pixmap(look.icon, look.tone, _SHAPE))
        heading = verify_words.heading(checked)
        self.verdict.setText(heading)
        style.mark(self.verdict, "tone", look.tone)
        style.mark(self.answer, "card", look.tone)
        self.words.setText(checked.words())
        self.answer.setAccessibleName(f"{heading}. {checked.words()}")
        self._show_said(checked)
        self._show_steps(checked)
        finds = checked.kind in _FINDS_PERSON
        self.person.setVisible(checked.own is not None or finds)
        self.person.setText(_("Open the person") if checked.own is not None else _("Find the person"))
        own = checked.own
        self.own.setText(
            _("Issued here: {name}, No. {number}").format(name=own.full_name, number=own.number) if own else ""
        )

    def _show_steps(self, checked: Checked) -> None:
        stages, failed = verify_words.steps(checked)
        self.steps_card.setVisible(bool(stages))
        self._steps.show(stages)
        self.steps.clearSelection()
        self.steps.setFixedHeight(len(stages) * _LINE + 2)
        if failed is None:
            self._show_reason(None)
        else:
            self.steps.choose(failed)
            self._show_reason(stages[failed])

    def _show_said(self, checked: Checked) -> None:
        said = checked.said
        self.said.setVisible(said is not None)
        if said is None:
            return
        if not checked.relied_on:
            self.trusted.show_words(_("not to be trusted: the signature is not confirmed"), "bad")
        elif checked.verdict == "valid":
            self.trusted.show_words(_("signed"), "ok")
        else:
            self.trusted.show_words(_("signed, but see above"), "warn")
        shape, words = verify_words.status(checked)
        self.status.setVisible(bool(shape))
        self.status.show_status(shape, words)
        self.compare.setVisible(checked.verdict == "valid")
        self.said_name.setText(said.name or _("No name"))
        self.said_birth.setText(verify_words.birth_line(said))
        event = verify_words.event_line(said)
        self.event_words.setText(event)
        self.event_words.setVisible(bool(event))
        style.mark(self.event_words, "tone", "bad" if said.result == verify_words.DETECTED else "")
        self.doses.setVisible(said.group == "v")
        self._doses.show(tuple(enumerate(said.doses)))
        self.doses.clearSelection()
        self.doses.setFixedHeight(fitting_height(self.doses, most=5))
        lines = (
            (self.said_maker, verify_words.maker_line(said)),
            (self.said_issuer, verify_words.issuer_line(said, checked)),
            (self.said_times, verify_words.times_line(said)),
            (self.said_identifier, said.identifier),
        )
        for label, words in lines:
            label.setText(words)
            label.setVisible(bool(words))

    def _show_reason(self, row: object) -> None:
        words = ""
        if isinstance(row, StageRow) and row.reason is not None:
            words = row.reason.text()
        self.reason.setText(words)
        self.reason.setVisible(bool(words))

    def _open_person(self) -> None:
        checked = self._shown
        if checked is None:
            return
        if checked.own is not None:
            self.desk.go_to("people", checked.own.person_id)
        else:
            self.desk.go_to("people", read_scan(checked.text, self.desk.today()))

    # Lists

    def _read_lists(self) -> None:
        self.desk.tasks.start(
            Lane.READING, partial(_lists, self.desk.ctx), self._show_lists, owner=self, key="verify-lists"
        )

    def _show_lists(self, lists: Lists) -> None:
        self._lists = lists
        for badge, days in ((self.trust_age, lists.trust_days), (self.revocation_age, lists.revocation_days)):
            badge.show_words(*verify_words.age(days, lists))
        self.trust_words.setText(verify_words.issued_line(lists.trust_issued, lists.keys))
        self.revocation_words.setText(verify_words.issued_line(lists.revocation_issued))
        doubted = lists.clock_doubted
        self.clock_state.show_words(_("in doubt") if doubted else _("believed"), "bad" if doubted else "ok")
        hint = verify_words.lists_hint(lists)
        self.lists_hint.setText(hint)
        self.lists_hint.setVisible(bool(hint))

    def translate(self) -> None:
        """Write the answer anew in the language in use."""
        if self._lists is not None:
            self._show_lists(self._lists)
        if self._shown is not None:
            self._show(self._shown)


def _check(ctx: Context, given: str | bytes | Path | QImage, _task: Task) -> tuple[Checked, ...]:
    return verifying.check(ctx, _bytes_of(given) if isinstance(given, QImage) else given)


def _bytes_of(image: QImage) -> bytes:
    """A copied picture as a file: beside the window, a large one takes its time."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stubs want bytes, Qt wants text
    return bytes(data.data())


def _check_codes(ctx: Context, texts: tuple[str, ...], pictured: bool, _task: Task) -> tuple[Checked, ...]:
    return verifying.check_codes(ctx, texts, pictured=pictured)


def _lists(ctx: Context, _task: Task) -> Lists:
    return verifying.lists(ctx)
