"""Administration: the users, their roles, and one's own passphrase and PIN."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QLabel, QMessageBox, QWidget

from vaxdesk.clock import local_date
from vaxdesk.domain.dates import format_date
from vaxdesk.gui.dialogs.new_sheet import NewSheetDialog
from vaxdesk.gui.dialogs.secret import SecretDialog
from vaxdesk.gui.dialogs.user import UserDialog
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.widgets.admin_panel import AdminPanel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _
from vaxdesk.queries import staff
from vaxdesk.queries.staff import UserRow
from vaxdesk.services import accounts, sheets
from vaxdesk.services.context import ROLES

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


class UsersPanel(AdminPanel):
    """All users at the left, the acts at the right."""

    form = "widgets/admin_users.ui"

    table: RowTable
    error: ErrorState
    add: KeyButton
    hint: QLabel
    full_name: QLabel
    facts: QLabel
    change: KeyButton
    remove: KeyButton
    passphrase: KeyButton
    pin: KeyButton
    renew: KeyButton

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._row: UserRow | None = None
        self._model: RowsModel[UserRow] = RowsModel(
            (
                Column(N_("Full name"), lambda row: row.full_name, bold=True),
                Column(N_("Short name"), lambda row: row.name, width=110),
                Column(N_("Roles"), _role_words, width=300),
                Column("", lambda row: "", badges=_badges, width=80),
            ),
            key=lambda row: row.id,
            parent=self,
        )
        self.table.use(self._model)
        self.table.chosen.connect(self._show_user)
        self.add.clicked.connect(self._add)
        self.change.clicked.connect(self._change)
        self.remove.clicked.connect(self._remove)
        self.passphrase.clicked.connect(partial(self._secret, pin=False))
        self.pin.clicked.connect(partial(self._secret, pin=True))
        self.renew.clicked.connect(self._renew)
        self.setFocusProxy(self.table)
        self.ready = True

    def read(self) -> None:
        """Read the users."""
        self.desk.ask(_users, self._show, owner=self, key="admin-users", failed=self.error.tell)

    def _show(self, rows: tuple[UserRow, ...]) -> None:
        self.error.tell(None)
        self._model.show(rows)
        at = self._model.row_of(self._row.id) if self._row is not None else 0
        self.table.choose(max(0, at))
        self._show_user(self.table.current())
        self.add.setEnabled(self.manages)
        self.renew.setEnabled(self.manages)
        self.hint.setText("" if self.manages else _("Only a manager adds, changes and removes users."))

    def _show_user(self, row: object) -> None:
        shown = row if isinstance(row, UserRow) else None
        self._row = shown
        if shown is None:
            return
        mine = shown.id == self.desk.ctx.user.id
        self.change.setEnabled(self.manages and shown.active)
        self.remove.setEnabled(self.manages and shown.active and not mine)
        self.full_name.setText(shown.full_name)
        lines = [
            _role_words(shown),
            _("signs in as {name}").format(name=shown.name),
            _("has a PIN") if shown.pin else _("has no PIN"),
            _("since {day}").format(day=format_date(local_date(shown.created_at))),
        ]
        if not shown.active:
            lines.append(_("removed"))
        if mine:
            lines.append(_("this is you"))
        self.facts.setText("\n".join(lines))

    def translate(self) -> None:
        """The user in front, in the language in use."""
        self._show_user(self._row)

    def _add(self) -> None:
        self._follow(UserDialog(self, self.desk))

    def _change(self) -> None:
        if self._row is not None:
            self._follow(UserDialog(self, self.desk, self._row))

    def _secret(self, *, pin: bool) -> None:
        self._follow(SecretDialog(self, self.desk, pin=pin))

    def _follow(self, dialog: Any) -> None:
        dialog.accepted.connect(self.read)
        dialog.open()

    def _remove(self) -> None:
        row = self._row
        if row is None:
            return
        question = _("Remove {name}? The file gets a new key, and a new recovery sheet must be printed at once.")
        self._confirm(question.format(name=row.full_name), _("Remove"), partial(_remove, row.id))

    def _renew(self) -> None:
        question = _("Make a new recovery sheet? The file gets a new key, and the old sheet opens nothing any more.")
        self._confirm(question, _("Make a new sheet"), _renew)

    def _confirm(self, question: str, answer: str, work: Callable[[Context], tuple[str, bytes]]) -> None:
        box = QMessageBox(QMessageBox.Icon.Warning, "VaxDesk", question, parent=self)
        act = box.addButton(answer, QMessageBox.ButtonRole.DestructiveRole)
        back = box.addButton(_("Back"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(back)
        box.setEscapeButton(back)
        act.clicked.connect(partial(self._re_key, work))
        box.open()

    def _re_key(self, work: Callable[[Context], tuple[str, bytes]]) -> None:
        self.desk.act(work, self._print_sheet, areas={"settings"}, owner=self, failed=self.error.tell)

    def _print_sheet(self, made: tuple[str, bytes]) -> None:
        NewSheetDialog(self, *made).open()
        self.read()


def _users(conn: Any) -> tuple[UserRow, ...]:
    return staff.users(conn)


def _remove(user_id: str, ctx: Context) -> tuple[str, bytes]:
    code = accounts.remove_user(ctx, user_id)
    return code, sheets.recovery_sheet(ctx, code)


def _renew(ctx: Context) -> tuple[str, bytes]:
    code = accounts.renew_recovery(ctx)
    return code, sheets.recovery_sheet(ctx, code)


def _role_words(row: UserRow) -> str:
    return " · ".join(_(ROLES[role]) for role in ROLES if role in row.roles)


def _badges(row: UserRow) -> list[tuple[str, str]]:
    if not row.active:
        return [(_("removed"), "")]
    return [(_("PIN"), "ok")] if row.pin else []
