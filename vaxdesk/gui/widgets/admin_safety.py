"""Administration: backups, and the check of the audit chain and the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QLabel, QProgressBar, QWidget

from vaxdesk import settings
from vaxdesk.clock import VIET_NAM
from vaxdesk.errors import KnownError
from vaxdesk.gui import icons, style, words
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.tasks import Lane
from vaxdesk.gui.widgets.admin_panel import AdminPanel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.services import backups, upkeep
from vaxdesk.services.backups import BackupFile

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.gui.tasks import Task
    from vaxdesk.services.context import Context

_SHAPE = 32
#: A backup older than this is told in amber.
_OLD = timedelta(days=2)


@dataclass(frozen=True)
class Look:
    """What lies in the folder of backups, and when the last one was made."""

    files: tuple[BackupFile, ...]
    last: datetime | None


class SafetyPanel(AdminPanel):
    """Backups at the left, the checks at the right."""

    form = "widgets/admin_safety.ui"

    last_backup: Badge
    backup_words: QLabel
    table: RowTable
    bar: QProgressBar
    error: ErrorState
    back_up: KeyButton
    copy: KeyButton
    audit_shape: QLabel
    audit_state: QLabel
    audit_words: QLabel
    check: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._look: Look | None = None
        self._faults: list[str] | None = None
        self._model: RowsModel[BackupFile] = RowsModel(
            (
                Column(N_("File"), lambda row: row.name, bold=True),
                Column(N_("Made"), lambda row: words.moment(row.made_at, self.desk.now()), width=136),
                Column(N_("Size"), lambda row: _megabytes(row.size), right=True, width=86),
                Column("", lambda row: "", badges=_badges, width=130),
            ),
            key=lambda row: row.name,
            parent=self,
        )
        self.table.use(self._model)
        self.bar.hide()
        self.back_up.clicked.connect(self._back_up_here)
        self.copy.clicked.connect(self._choose_target)
        self.check.clicked.connect(self._check)
        self.setFocusProxy(self.back_up)
        self.ready = True

    def read(self) -> None:
        """Look into the folder of backups."""
        work = partial(_look, self.desk.ctx)
        self.desk.tasks.start(Lane.READING, work, self._show, owner=self, key="admin-safety", failed=self.error.tell)

    def _show(self, look: Look) -> None:
        self._look = look
        self._model.show(look.files)
        self.translate()

    def translate(self) -> None:
        """Age of the backup and result of the check in words."""
        look = self._look
        if look is not None:
            now = self.desk.now()
            old = look.last is None or now - look.last > _OLD
            self.last_backup.show_words(words.moment(look.last, now), "warn" if old else "ok")
            self.backup_words.setText(
                _("Every day by itself, in {folder}; fourteen stay. Take a copy on another drive each week.").format(
                    folder=str(self.desk.ctx.paths.backups)
                )
            )
        self._show_check()

    # Backups

    def _back_up_here(self) -> None:
        now = self.desk.now().astimezone(VIET_NAM)
        self._back_up_to(self.desk.ctx.paths.backups / f"vaxdesk-{now:%Y%m%d-%H%M%S}.db")

    def _choose_target(self) -> None:
        now = self.desk.now().astimezone(VIET_NAM)
        name, _filter = QFileDialog.getSaveFileName(
            self, _("Choose where the copy goes"), f"vaxdesk-{now:%Y%m%d}.db", _("Backups (*.db)")
        )
        if name:
            self._back_up_to(Path(name))

    def _back_up_to(self, target: Path) -> None:
        self.error.tell(None)
        self.bar.setRange(0, 0)
        self.bar.show()
        for button in (self.back_up, self.copy):
            button.setEnabled(False)
        self.desk.tasks.start(
            Lane.NETWORK,
            partial(_back_up, self.desk.ctx, target),
            partial(self._backed_up, target),
            failed=self._not_backed_up,
            progressed=self._progressed,
            owner=self,
        )

    def _progressed(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _rest(self) -> None:
        self.bar.hide()
        for button in (self.back_up, self.copy):
            button.setEnabled(True)

    def _backed_up(self, target: Path, _nothing: None) -> None:
        self._rest()
        self.desk.toast(_("The backup {name} is written, with its key file beside it.").format(name=target.name))
        self.desk.changes.notify({"settings"})
        self.read()

    def _not_backed_up(self, error: KnownError) -> None:
        self._rest()
        self.error.tell(error)

    # Check

    def _check(self) -> None:
        self.check.setEnabled(False)
        self.audit_state.setText(_("Checking…"))
        self.desk.tasks.start(
            Lane.READING, partial(_check, self.desk.ctx), self._checked, failed=self._not_checked, owner=self
        )

    def _checked(self, faults: list[str]) -> None:
        self.check.setEnabled(True)
        self._faults = faults
        self._show_check()

    def _not_checked(self, error: KnownError) -> None:
        self.check.setEnabled(True)
        self.error.tell(error)
        self._show_check()

    def _show_check(self) -> None:
        faults = self._faults
        if faults is None:
            state, said, icon, tone = _("Not checked since the program was started."), "", "shield-lock", "muted"
        elif not faults:
            state = _("The chain is whole and the file is sound.")
            said, icon, tone = "", "shield-check", "ok"
        else:
            found = ngettext("{count} fault was found", "{count} faults were found", len(faults))
            state = found.format(count=len(faults))
            said = "\n".join([*faults[:12], _("Keep this computer as it is and tell whoever looks after the program.")])
            icon, tone = "alert-triangle", "bad"
        self.audit_shape.setPixmap(icons.pixmap(icon, tone, _SHAPE))
        self.audit_state.setText(state)
        style.mark(self.audit_state, "tone", tone if tone in ("ok", "bad") else "")
        self.audit_words.setText(said)
        self.audit_words.setVisible(bool(said))


def _look(ctx: Context, _task: Task) -> Look:
    last = ctx.setting(settings.LAST_BACKUP)
    return Look(backups.in_folder(ctx), datetime.fromisoformat(last) if last else None)


def _back_up(ctx: Context, target: Path, task: Task) -> None:
    ctx.require("manage", "register", "inject", "screen")
    upkeep.back_up(ctx, target, task.progress)


def _check(ctx: Context, _task: Task) -> list[str]:
    return upkeep.check(ctx)


def _megabytes(size: int) -> str:
    return _("{count} MB").format(count=f"{size / 1_000_000:.1f}".replace(".", ","))


def _badges(row: BackupFile) -> list[tuple[str, str]]:
    return [] if row.with_keys else [(_("key file missing"), "bad")]
