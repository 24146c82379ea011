"""Administration: the signing key, the signed lists, and the enrolment at the portal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QFrame, QLabel, QLineEdit, QWidget

from vaxdesk import settings
from vaxdesk.clock import local_date
from vaxdesk.domain.dates import format_date, format_datetime
from vaxdesk.errors import KnownError
from vaxdesk.gui import bridges, icons, style, verify_words
from vaxdesk.gui.dialogs.enrol import EnrolPanel
from vaxdesk.gui.dialogs.reason import ReasonDialog
from vaxdesk.gui.tasks import Lane
from vaxdesk.gui.widgets.admin_panel import AdminPanel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import _
from vaxdesk.services import clock_check, enrolment, key_renewal, listed_papers, signing, verifying
from vaxdesk.services.enrolment import Imported
from vaxdesk.services.signing import KeyState
from vaxdesk.services.verifying import Lists

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.gui.tasks import Task
    from vaxdesk.services.context import Context

_SHAPE = 32


@dataclass(frozen=True)
class Look:
    """One look at keys, lists and portal."""

    key: KeyState
    lists: Lists
    authority: str
    portal_url: str
    enrolled: bool
    clock_behind: datetime | None


class KeyPanel(AdminPanel):
    """State at the left, the authority's answer at the right."""

    form = "widgets/admin_key.ui"

    shape: QLabel
    headline: QLabel
    words: QLabel
    clock_card: QFrame
    clock_words: QLabel
    clock_right: KeyButton
    trust_words: QLabel
    trust_age: Badge
    revocation_words: QLabel
    revocation_age: Badge
    portal_words: QLabel
    portal_state: Badge
    authority: QLabel
    new_key: KeyButton
    import_list: KeyButton
    portal_url: QLineEdit
    code: QLineEdit
    enrol: KeyButton
    error: ErrorState
    answer: QWidget
    import_now: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._look: Look | None = None
        self.enrol_panel = EnrolPanel(desk.tasks, self)
        self.answer.layout().addWidget(self.enrol_panel)
        self.import_now.clicked.connect(self.enrol_panel.import_now)
        self.enrol_panel.ready_changed.connect(self.import_now.setEnabled)
        self.enrol_panel.imported.connect(self._imported_answer)
        self.new_key.clicked.connect(self._make_key)
        self.import_list.clicked.connect(self._choose_list)
        self.enrol.clicked.connect(self._enrol)
        self.clock_right.clicked.connect(self._clock_right)
        self.clock_card.hide()
        self.setFocusProxy(self.enrol_panel)
        self.ready = True

    def read(self) -> None:
        """Read keys, lists and portal."""
        self.enrol_panel.set_context(self.desk.ctx)
        self.import_now.setEnabled(self.enrol_panel.ready)
        for button in (self.new_key, self.import_list, self.enrol, self.clock_right):
            button.setEnabled(self.manages)
        self.desk.tasks.start(
            Lane.READING, partial(_look, self.desk.ctx), self._show, owner=self, key="admin-key",
            failed=self.error.tell,
        )  # fmt: skip

    def _show(self, look: Look) -> None:
        first = self._look is None
        self._look = look
        if first:
            self.portal_url.setText(look.portal_url)
        self.translate()

    def translate(self) -> None:
        """The state in words."""
        look = self._look
        if look is None:
            return
        headline, words, icon, tone = _key_words(look.key)
        self.shape.setPixmap(icons.pixmap(icon, tone, _SHAPE))
        self.headline.setText(headline)
        style.mark(self.headline, "tone", tone)
        self.words.setText(words)
        self.clock_card.setVisible(look.clock_behind is not None)
        if look.clock_behind is not None:
            moment = format_datetime(look.clock_behind)
            told = _("This computer has already shown {moment}: no code is signed until then. Set the clock.")
            self.clock_words.setText(told.format(moment=moment))
        lists = look.lists
        self.trust_age.show_words(*verify_words.age(lists.trust_days, lists))
        self.revocation_age.show_words(*verify_words.age(lists.revocation_days, lists))
        self.trust_words.setText(_issued(lists.trust_issued))
        self.revocation_words.setText(_issued(lists.revocation_issued))
        self.portal_words.setText(look.portal_url or _("no address"))
        enrolled = look.enrolled
        self.portal_state.show_words(_("enrolled") if enrolled else _("not enrolled"), "ok" if enrolled else "warn")
        self.authority.setText(_("Authority: {name}").format(name=look.authority) if look.authority else "")
        self.authority.setVisible(bool(look.authority))

    # Acting

    def _make_key(self) -> None:
        self.error.tell(None)
        self.desk.act(_make_request, self._key_made, areas={"settings"}, owner=self, failed=self.error.tell)

    def _key_made(self, _nothing: None) -> None:
        name = self.desk.ctx.paths.key_request.name
        self.desk.toast(_("The request file {name} is written: give it to the authority.").format(name=name))
        self.read()

    def _choose_list(self) -> None:
        words = _("Answers and lists (*.json *.cbor *.cose *.lst *.bin);;All files (*)")
        name, _filter = QFileDialog.getOpenFileName(self, _("Choose a file of the authority"), "", words)
        if name:
            self.take_file(Path(name))

    def take_file(self, path: Path) -> None:
        """A file of the authority: an answer waits for its fingerprint, a list is taken at once."""
        self.error.tell(None)
        work = partial(_take_file, path)
        self.desk.act(work, partial(self._took_file, path), areas={"settings"}, owner=self, failed=self.error.tell)

    def _took_file(self, path: Path, imported: Imported | None) -> None:
        if imported is None:
            self.enrol_panel.read(path)
            return
        words = _("The newer list is taken.") if imported.newer else _("This list, or a newer one, is held already.")
        self.desk.toast(words)
        self.read()

    def _imported_answer(self, _enrolled: object) -> None:
        self.desk.changes.notify({"settings", "sync"})
        self.read()

    def _clock_right(self) -> None:
        title = _("The clock of this computer is right")
        about = _("What it showed later was wrong. Compare it with another clock first; this is noted in the audit.")
        dialog = ReasonDialog(self, title, about, [_("Compared with a telephone"), _("Compared with the portal")])
        if dialog.exec():
            work = partial(_confirm_clock, dialog.words())
            self.desk.act(work, self._clock_confirmed, areas={"settings"}, owner=self, failed=self.error.tell)

    def _clock_confirmed(self, _nothing: None) -> None:
        self.desk.toast(_("The clock counts again: codes are signed."))
        self.read()

    def _enrol(self) -> None:
        self.error.tell(None)
        work = partial(_enrol, self.desk.ctx, self.portal_url.text().strip(), self.code.text().strip())
        self.enrol.setEnabled(False)
        self.desk.tasks.start(Lane.NETWORK, work, self._enrolled, failed=self._not_enrolled, owner=self)

    def _enrolled(self, _nothing: None) -> None:
        self.code.clear()
        self.desk.toast(_("This station is enrolled at the portal."))
        self.desk.changes.notify({"settings", "sync", "outbox"})
        self.read()

    def _not_enrolled(self, error: KnownError) -> None:
        self.enrol.setEnabled(True)
        self.error.tell(error)


def _key_words(key: KeyState) -> tuple[str, str, str, str]:
    """Headline, what to do, icon and tone of the key's state."""
    if key.certified and key.valid_until is not None:
        day = format_date(local_date(key.valid_until))
        if key.renewal_due:
            words = (
                _("A new key waits for the authority's answer; both hold until then.")
                if key.waiting
                else _("Ask for a new certificate now: give the request file to the authority.")
            )
            return _("Codes are signed until {day}: renew").format(day=day), words, "clock", "warn"
        return _("Codes are signed until {day}").format(day=day), _("Nothing to do."), "shield-check", "ok"
    if key.waiting:
        words = _("Give the request file to the authority and import its answer. Papers are printed without a code.")
        return _("The key waits for its certificate"), words, "clock", "warn"
    words = _("Ask for a certificate: the key is made on this computer and never leaves it.")
    return _("This station has no key"), words, "key", "warn"


def _issued(moment: datetime | None) -> str:
    return _("Issued on {day}").format(day=format_date(local_date(moment))) if moment else _("not held")


def _look(ctx: Context, _task: Task) -> Look:
    return Look(
        signing.state(ctx),
        verifying.lists(ctx),
        verifying.authority_name(ctx),
        ctx.setting(settings.PORTAL_URL),
        bool(ctx.setting(settings.PORTAL_TOKEN)),
        clock_check.ahead(ctx),
    )


def _make_request(ctx: Context) -> None:
    ctx.require("manage")
    key_renewal.make_request(ctx)


def _confirm_clock(reason: str, ctx: Context) -> None:
    clock_check.confirm(ctx, reason)


def _take_file(path: Path, ctx: Context) -> Imported | None:
    content = enrolment.read_any(path)
    if isinstance(content, dict):
        return None
    imported = enrolment.import_any(ctx, content)
    listed_papers.revoke_listed(ctx)
    return imported


def _enrol(ctx: Context, url: str, code: str, _task: Task) -> None:
    bridges.enrol_by_code(ctx, url, code)
