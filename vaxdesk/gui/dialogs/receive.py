"""Books vaccine in that has arrived."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QComboBox, QDialog, QLabel, QLineEdit, QSpinBox, QWidget

from vaxdesk import i18n
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.form_fields import FormField, FormFields
from vaxdesk.gui.stock_words import read_expiry
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.services import stock
from vaxdesk.services.stock import ReceiveLot

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.services.context import Context


class ReceiveDialog(QDialog):
    """Product, lot, expiry, doses; F12 books in."""

    product: QComboBox
    product_below: QLabel
    number: QLineEdit
    number_below: QLabel
    expiry: QLineEdit
    expiry_below: QLabel
    doses: QSpinBox
    doses_below: QLabel
    reference: QLineEdit
    reference_below: QLabel
    error: ErrorState
    cancel: KeyButton
    save: KeyButton

    def __init__(self, parent: QWidget, desk: Desk) -> None:
        super().__init__(parent)
        forms.load(self, "dialogs/receive.ui")
        self.desk = desk
        self.setWindowTitle(_("Receive vaccine"))
        campaign = desk.campaign()
        for product in campaign.products.values():
            self.product.addItem(product.label.text(i18n.language()), product.code)
        self.fields = FormFields(
            {
                "product": FormField(self.product, self.product_below),
                "lot": FormField(self.number, self.number_below, N_("As printed on the vial or box.")),
                "expiry": FormField(self.expiry, self.expiry_below, N_("Day/month/year, or month/year")),
                "doses": FormField(self.doses, self.doses_below),
                "reference": FormField(self.reference, self.reference_below),
            }
        )
        self.product.currentIndexChanged.connect(self._say_vials)
        self.doses.valueChanged.connect(self._say_vials)
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.reject)
        self._say_vials()
        self.number.setFocus()

    def _say_vials(self, *_changed: object) -> None:
        product = self.desk.campaign().products.get(self.product.currentData() or "")
        if product is None or product.doses_per_vial <= 1 or not self.doses.value():
            self.fields.clear("doses")
            return
        vials, rest = divmod(self.doses.value(), product.doses_per_vial)
        said = ngettext("{count} vial", "{count} vials", vials).format(count=vials)
        if rest:
            words = _("no whole vials: {vials} and {rest} doses").format(vials=said, rest=rest)
            self.fields.say("doses", words, "warn")
        else:
            self.fields.say("doses", said, "")

    def _save(self) -> None:
        self.error.tell(None)
        try:
            expiry = read_expiry(self.expiry.text(), "expiry")
            if expiry < self.desk.today():
                raise FieldError("expiry", "This day is over: an expired lot is not booked in. Check the year.")
        except FieldError as error:
            self.fields.show([error])
            return
        command = ReceiveLot(
            self.product.currentData() or "",
            self.number.text(),
            expiry,
            self.doses.value(),
            self.reference.text().strip(),
        )
        self.desk.act(partial(_receive, command), self._saved, areas={"stock"}, owner=self, failed=self._refused)

    def _saved(self, _lot_id: str) -> None:
        count = self.doses.value()
        words = ngettext("{count} dose of lot {lot} booked in.", "{count} doses of lot {lot} booked in.", count)
        self.desk.toast(words.format(count=count, lot=self.number.text().strip().upper()))
        self.accept()

    def _refused(self, error: KnownError) -> None:
        if not (isinstance(error, FieldError) and self.fields.show([error])):
            self.error.tell(error)


def _receive(command: ReceiveLot, ctx: Context) -> str:
    return stock.receive(ctx, command)
