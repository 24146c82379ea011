"""Plans today's session: product, lot, place; a new lot is booked in on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QSpinBox, QWidget

from vaxdesk import i18n
from vaxdesk.domain.dates import format_date, parse_day
from vaxdesk.errors import FieldError, KnownError
from vaxdesk.gui import forms
from vaxdesk.gui.desk import Desk
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.states import ErrorSummary
from vaxdesk.i18n import _
from vaxdesk.queries.sessions import LotRow, SessionRow
from vaxdesk.services.context import Context
from vaxdesk.services.sessions import PARTS, PlanSession, plan
from vaxdesk.services.stock import ReceiveLot, receive


@dataclass(frozen=True)
class PlanAndReceive:
    """A session to plan, with a lot to book in first where one has just arrived."""

    session: PlanSession
    lot: ReceiveLot | None

    def __call__(self, ctx: Context) -> str:
        """Do both; each is its own fact, so a refused session leaves the lot booked."""
        session = self.session
        if self.lot is not None:
            lot_id = receive(ctx, self.lot)
            session = replace(session, lot_id=lot_id)
        return plan(ctx, session)


class PlanPanel(QWidget):
    """``asked`` carries the callable act."""

    title: QLabel
    errors: ErrorSummary
    part: QComboBox
    capacity: QSpinBox
    place: QLineEdit
    area_label: QLabel
    area: QComboBox
    product: QComboBox
    lot: QComboBox
    new_lot: QFrame
    lot_number: QLineEdit
    lot_expiry: QLineEdit
    lot_doses: QSpinBox
    save: KeyButton
    cancel: KeyButton

    asked = Signal(object)
    given_up = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        forms.load(self, "widgets/plan_panel.ui")
        self._desk: Desk | None = None
        self._lots: tuple[LotRow, ...] = ()
        self.save.clicked.connect(self._save)
        self.cancel.clicked.connect(self.given_up)
        self.product.currentIndexChanged.connect(self._fill_lots)
        self.lot.currentIndexChanged.connect(self._lot_changed)

    def show_plan(self, desk: Desk, lots: tuple[LotRow, ...], last: SessionRow | None) -> None:
        """Start from the last session, so that a usual day takes one key."""
        self._desk, self._lots = desk, lots
        self.cancel.setVisible(last is not None and last.open)
        kept = self.part.currentData()
        self.part.clear()
        for code, words in PARTS.items():
            self.part.addItem(_(words), code)
        hour = (desk.now().hour + 7) % 24
        wanted = kept or ("morning" if hour < 12 else "afternoon")
        self.part.setCurrentIndex(max(0, self.part.findData(wanted)))
        self.place.setText(last.place if last else desk.ctx.station.name)
        self.capacity.setValue(last.capacity if last else 100)
        self.product.blockSignals(True)
        self.product.clear()
        in_stock = {lot.product_code for lot in lots if lot.balance > 0}
        products = sorted(desk.campaign().products.values(), key=lambda item: item.code not in in_stock)
        for product in products:
            self.product.addItem(product.label.text(i18n.language()), product.code)
        self.product.setCurrentIndex(max(0, self.product.findData(last.product_code if last else None)))
        self.product.blockSignals(False)
        self._fill_areas(last.area_group if last else "")
        self._fill_lots()
        self.errors.show_errors([], self._go_to)
        self.product.setFocus()

    def _fill_areas(self, chosen: str) -> None:
        """The area group is the plan's, never a person's (R-24); hidden where the campaign knows none."""
        if self._desk is None:
            return
        priority = self._desk.campaign().priority
        areas = priority.areas_on(self._desk.today()) if priority is not None else ()
        self.area.clear()
        self.area.addItem(_("None"), "")
        for area in areas:
            self.area.addItem(f"{area.code} – {area.label.text(i18n.language())}", area.code)
        self.area.setCurrentIndex(max(0, self.area.findData(chosen)))
        for part in (self.area_label, self.area):
            part.setVisible(bool(areas))

    def _fill_lots(self, _index: int = 0) -> None:
        if self._desk is None:
            return
        today = self._desk.today()
        self.lot.blockSignals(True)
        self.lot.clear()
        for lot in self._lots:
            if lot.product_code == self.product.currentData() and lot.balance > 0 and not lot.expired(today):
                words = _("{lot} · expires {day} · {n} doses left").format(
                    lot=lot.number, day=format_date(lot.expiry) if lot.expiry else "–", n=lot.balance
                )
                self.lot.addItem(words, lot.id)
        self.lot.addItem(_("A new lot…"), None)
        self.lot.setCurrentIndex(0)
        self.lot.blockSignals(False)
        self._lot_changed()

    def _lot_changed(self, _index: int = 0) -> None:
        self.new_lot.setVisible(self.lot.currentData() is None)

    def _save(self) -> None:
        if self._desk is None:
            return
        try:
            self.asked.emit(self._act())
        except FieldError as error:
            self.refuse(error)

    def _act(self) -> PlanAndReceive:
        assert self._desk is not None
        session = PlanSession(
            self._desk.today(),
            self.part.currentData(),
            self.place.text().strip(),
            self.product.currentData(),
            self.lot.currentData(),
            self.capacity.value(),
            self.area.currentData() or "",
        )
        if self.lot.currentData() is not None:
            return PlanAndReceive(session, None)
        text = self.lot_expiry.text().strip()
        # Vaccines expire within ten years: a later year is a slip of the pen.
        latest = self._desk.today() + timedelta(days=3653)
        expiry = parse_day(text, latest, "lot_expiry") if text else None
        return PlanAndReceive(
            session, ReceiveLot(self.product.currentData(), self.lot_number.text(), expiry, self.lot_doses.value())
        )

    def refuse(self, error: KnownError) -> None:
        """Say what does not fit."""
        shown = error if isinstance(error, FieldError) else FieldError("part", error.message_id, **error.values)
        self.errors.show_errors([shown], self._go_to)
        self._go_to(shown.field)

    def _go_to(self, field: str) -> None:
        names = {"lot": "lot_number", "expiry": "lot_expiry", "doses": "lot_doses"}
        target = getattr(self, names.get(field, field), None)
        if isinstance(target, QWidget):
            target.setFocus()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the language."""
        if event.type() == QEvent.Type.LanguageChange and self._desk is not None:
            for index, words in enumerate(PARTS.values()):
                self.part.setItemText(index, _(words))
            self._fill_areas(self.area.currentData() or "")
            self._fill_lots()
        super().changeEvent(event)
