"""The certificate before it is printed: its picture, its words, and one key to print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from vaxdesk import settings
from vaxdesk.clock import local_date
from vaxdesk.domain.dates import format_date
from vaxdesk.gui.dialogs.pages import SIZES, Order, PagesDialog, Paper
from vaxdesk.i18n import _
from vaxdesk.services import certificates
from vaxdesk.services.certificates import Issued
from vaxdesk.services.printing import Printed

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


class PaperDialog(PagesDialog):
    """Shows one certificate and prints it on F12."""

    changes = frozenset({"certificates"})

    def __init__(self, parent: QWidget, desk: Desk, issued: Issued, name: str) -> None:
        paper = Paper(
            label=_("Certificate"),
            make=_Maker(issued),
            job=issued.number.replace("/", "-"),
            sizes=tuple(SIZES),
            size=desk.setting(settings.CERTIFICATE_SIZE),
        )
        super().__init__(parent, desk, name, _("No. {number}").format(number=issued.number), (paper,))
        self.issued = issued
        self.setWindowTitle(_("Certificate"))
        self.say(self._code_words())
        desk.viewed(issued.person_id)

    def _code_words(self) -> str:
        if self.issued.code_until is None:
            reasons = (f"• {words}" for words in self.issued.no_code_reasons)
            return "\n".join([_("Without a signed code, because:"), *reasons])
        day = format_date(local_date(self.issued.code_until))
        if self.issued.kind == "national":
            return _("With the Ministry's code, until {day}.").format(day=day)
        return _("With a code signed by this station, provisional until {day}.").format(day=day)


class _Maker:
    """Draws the certificate; a print is logged, a look is a view of the person."""

    def __init__(self, issued: Issued) -> None:
        self._id = issued.certificate_id

    def __call__(self, ctx: Context, order: Order) -> Printed:
        size: Any = order.size
        if not order.log:
            return Printed(certificates.preview(ctx, self._id, size), 1)
        return Printed(certificates.pdf(ctx, [self._id], size), 1)


def show_paper(parent: QWidget, desk: Desk, issued: Issued, name: str) -> None:
    """Open the dialog."""
    dialog = PaperDialog(parent, desk, issued, name)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
