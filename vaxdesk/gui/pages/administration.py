"""Administration: station, key and portal, users, settings, campaign, safety of the data."""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from vaxdesk.gui.pages.base import Page
from vaxdesk.gui.widgets.admin_panel import AdminPanel
from vaxdesk.gui.widgets.marks import Chip
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.i18n import N_, _

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk

#: Each part: its words and its class below ``vaxdesk.gui.widgets``, imported when it is first shown.
PARTS = {
    "station": (N_("Station"), "admin_station", "StationPanel"),
    "key": (N_("Key and portal"), "admin_key", "KeyPanel"),
    "users": (N_("Users"), "admin_users", "UsersPanel"),
    "settings": (N_("Settings"), "admin_settings", "SettingsPanel"),
    "campaign": (N_("Campaign"), "admin_campaign", "CampaignPanel"),
    "safety": (N_("Backup and audit"), "admin_safety", "SafetyPanel"),
}


class AdministrationPage(Page):
    """One chip a part."""

    form = "pages/administration.ui"
    areas = frozenset({"settings", "sync"})

    error: ErrorState
    panels: QStackedWidget

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self._made: dict[str, AdminPanel] = {}
        self.part = "station"
        for name in PARTS:
            self._chip(name).clicked.connect(partial(self.show_part, name))

    def _chip(self, name: str) -> Chip:
        found: Chip = self.findChild(Chip, f"part_{name}")
        return found

    def panel(self, name: str) -> AdminPanel:
        """A part, made when it is first asked for."""
        if name not in self._made:
            _words, module, class_name = PARTS[name]
            made: AdminPanel = getattr(importlib.import_module(f"vaxdesk.gui.widgets.{module}"), class_name)(self.desk)
            self.panels.addWidget(made)
            self._made[name] = made
        return self._made[name]

    def show_part(self, name: str) -> None:
        """Bring a part to the front, unless something in the one in front would be lost."""
        if name != self.part and not self.may_leave():
            self._chip(self.part).setChecked(True)
            return
        self.part = name
        self._chip(name).setChecked(True)
        panel = self.panel(name)
        self.panels.setCurrentWidget(panel)
        panel.read()
        panel.setFocus()

    def entered(self, target: object = None) -> None:
        """The name of a part may be given along."""
        self.show_part(target if isinstance(target, str) and target in PARTS else self.part)

    def refresh(self, areas: frozenset[str]) -> None:
        """Settings, keys or lists have changed."""
        self.panel(self.part).read()

    def may_leave(self) -> bool:
        """Ask the part in front."""
        return self._made[self.part].may_leave() if self.part in self._made else True

    def translate(self) -> None:
        """The chips."""
        for name, (words, _module, _class) in PARTS.items():
            self._chip(name).setText(_(words))
