"""Administration: the campaign's pack, its legal sources, and what of it could not be confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QHeaderView, QLabel, QMessageBox, QWidget

from vaxdesk import i18n
from vaxdesk.domain.campaign import Campaign
from vaxdesk.domain.dates import format_date
from vaxdesk.gui import pack_words, product_words, version_words
from vaxdesk.gui.models.table import Column, RowsModel
from vaxdesk.gui.tasks import Lane
from vaxdesk.gui.widgets.admin_panel import AdminPanel
from vaxdesk.gui.widgets.buttons import KeyButton
from vaxdesk.gui.widgets.marks import Badge, Chip
from vaxdesk.gui.widgets.rules_notice import RulesNotice
from vaxdesk.gui.widgets.states import ErrorState
from vaxdesk.gui.widgets.tables import RowTable
from vaxdesk.i18n import N_, _, ngettext
from vaxdesk.services import pack_list, packs
from vaxdesk.services.pack_list import Preview, Version
from vaxdesk.services.packs import ImportedPack

if TYPE_CHECKING:
    from vaxdesk.gui.desk import Desk
    from vaxdesk.gui.tasks import Task
    from vaxdesk.services.context import Context

LISTS = {
    "uncertain": N_("Not confirmed {count}"),
    "sources": N_("Sources {count}"),
    "products": N_("Vaccines {count}"),
    "groups": N_("Groups {count}"),
    "versions": N_("Versions {count}"),
}


@dataclass(frozen=True)
class PackRow:
    """One line of the pack: what it is called, a second column, the text, and where it stands."""

    key: str
    name: str
    second: str
    text: str
    place: str


@dataclass(frozen=True)
class Look:
    """All versions of the rules, and what those that wait would change, by their files. ``rules``: how many of the
    schedule the version of today states."""

    versions: tuple[Version, ...]
    previews: dict[str, Preview]
    rules: int


class CampaignPanel(AdminPanel):
    """The manager sees what the Ministry's rules rest on, and which of them are doubtful."""

    form = "widgets/admin_campaign.ui"

    name: QLabel
    version: Badge
    facts: QLabel
    list_uncertain: Chip
    list_sources: Chip
    list_products: Chip
    list_groups: Chip
    list_versions: Chip
    notice: RulesNotice
    add_group: KeyButton
    import_pack: KeyButton
    error: ErrorState
    table: RowTable
    title: QLabel
    text: QLabel
    place: QLabel

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(desk, parent)
        self.kind = "uncertain"
        self._look = Look((), {}, 0)
        self._model: RowsModel[PackRow] = RowsModel(
            (
                Column(N_("Rule or source"), lambda row: row.name, bold=True, width=340),
                Column(N_("What it says"), lambda row: row.second),
            ),
            key=lambda row: row.key,
            parent=self,
        )
        self.table.use(self._model)
        self.table.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.chosen.connect(self._show_row)
        for kind in LISTS:
            self._chip(kind).clicked.connect(partial(self._show_list, kind))
        self.list_uncertain.setChecked(True)
        self.import_pack.clicked.connect(self._choose_file)
        self.add_group.clicked.connect(self._add_group)
        self.notice.wanted.connect(self._ask)
        self.setFocusProxy(self.table)
        self.ready = True

    def _chip(self, kind: str) -> Chip:
        chip: Chip = getattr(self, f"list_{kind}")
        return chip

    def read(self) -> None:
        """Show the pack in force today."""
        self.import_pack.setEnabled(self.manages)
        self.add_group.setEnabled(self.manages)
        self.translate()
        work = partial(_look, self.desk.ctx)
        self.desk.tasks.start(
            Lane.READING, work, self._take_look, owner=self, key="admin-packs", failed=self.error.tell
        )

    def _take_look(self, look: Look) -> None:
        self._look = look
        self.translate()

    def _choose_file(self) -> None:
        kinds = _("Campaign files (*.vaxpack *.zip);;All files (*)")
        name, _filter = QFileDialog.getOpenFileName(self, _("Choose a campaign file of the authority"), "", kinds)
        if name:
            self.take_file(Path(name))

    def take_file(self, path: Path) -> None:
        """Import a campaign file; a bad one changes nothing."""
        self.error.tell(None)
        work = partial(_import, path)
        self.desk.act(work, self._imported, areas={"settings", "session"}, owner=self, failed=self.error.tell)

    def _imported(self, done: ImportedPack) -> None:
        sentence = _("Version {version} is imported, signed by {signer}; it holds from {day} on.")
        day = format_date(done.valid_from)
        self.desk.toast(sentence.format(version=done.version, signer=done.signer, day=day))
        self.read()

    # What came by sync

    def _ask(self) -> None:
        """The manager confirms what she was shown; nothing is in force by a slip of a key."""
        shown = self.notice.preview
        if shown is None or not self.manages:
            return
        question = _("Bring version {version} of the rules into force? It holds from {day} on at every desk.")
        day = format_date(shown.campaign.valid_from)
        said = [question.format(version=shown.version.version, day=day), version_words.changed(shown)]
        box = QMessageBox(QMessageBox.Icon.Question, "VaxDesk", "\n\n".join(said), parent=self)
        box.setInformativeText(version_words.doses(shown))
        act = box.addButton(_("Bring into force"), QMessageBox.ButtonRole.AcceptRole)
        back = box.addButton(_("Back"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(act)
        box.setEscapeButton(back)
        act.clicked.connect(partial(self._bring_into_force, shown.version.digest))
        box.open()

    def _bring_into_force(self, digest: str) -> None:
        self.error.tell(None)
        work = partial(_apply, digest)
        areas = {"settings", "session", "people", "certificates"}
        self.desk.act(work, self._applied, areas=areas, owner=self, failed=self.error.tell)

    def _applied(self, done: ImportedPack) -> None:
        sentence = _("Version {version} holds from {day} on; earlier doses keep their verdict.")
        self.desk.toast(sentence.format(version=done.version, day=format_date(done.valid_from)))
        self.read()

    def _waiting(self) -> Preview | None:
        """The version that waits and is chosen in the list, else the first one that waits."""
        if self.kind == "versions":
            row = self.table.current()
            chosen = self._look.previews.get(row.key.partition("/")[0]) if isinstance(row, PackRow) else None
            if chosen is not None:
                return chosen
        return next(iter(self._look.previews.values()), None)

    def _show_notice(self) -> None:
        shown = self._waiting()
        late = shown is not None and shown.version.late(self.desk.today())
        self.notice.tell(shown, late, self.manages)

    def _add_group(self) -> None:
        """A group that a decision adds to the list in force (R-25)."""
        from vaxdesk.gui.dialogs.add_group import AddGroupDialog

        if AddGroupDialog(self, self.desk).exec():
            self.list_groups.setChecked(True)
            self._show_list("groups")

    def _show_list(self, kind: str) -> None:
        self.kind = kind
        self.translate()

    def translate(self) -> None:
        """The pack in the language in use."""
        campaign, language = self.desk.campaign(), i18n.language()
        self.name.setText(campaign.name.text(language))
        self.version.show_words(_("version {version}").format(version=campaign.version), "info")
        rules = ngettext("{count} rule of the schedule", "{count} rules of the schedule", self._look.rules)
        parts = [
            campaign.authority.text(language),
            _("in force since {day}").format(day=format_date(campaign.valid_from)),
            rules.format(count=self._look.rules) if self._look.rules else "",
        ]
        self.facts.setText(" · ".join(part for part in parts if part))
        lists = {
            "uncertain": uncertain(campaign),
            "sources": sources(campaign),
            "products": products(campaign),
            "groups": groups(campaign, self.desk.today()),
            "versions": [PackRow(*version_words.row(one)) for one in self._look.versions],
        }
        for kind, sentence in LISTS.items():
            self._chip(kind).setText(_(sentence).format(count=len(lists[kind])))
        before = self.table.current()
        self._model.show(lists[self.kind])
        self.table.choose(max(0, self._model.row_of(before.key)) if isinstance(before, PackRow) else 0)
        self._show_row(self.table.current())

    def _show_row(self, row: object) -> None:
        shown = row if isinstance(row, PackRow) else None
        self.title.setText(shown.name if shown else "")
        self.text.setText(shown.text if shown else "")
        self.place.setText(shown.place if shown else "")
        self._show_notice()


def _import(path: Path, ctx: Context) -> ImportedPack:
    return packs.import_pack(ctx, path)


def _apply(digest: str, ctx: Context) -> ImportedPack:
    return packs.bring_into_force(ctx, digest)


def _look(ctx: Context, _task: Task) -> Look:
    found = pack_list.versions(ctx)
    previews = {one.digest: pack_list.preview(ctx, one.digest) for one in found if one.state == "waiting"}
    return Look(found, previews, pack_list.stated_rules(ctx))


def uncertain(campaign: Campaign) -> list[PackRow]:
    """What the pack marks as not confirmed, by the parts of the work, and what can be done about it."""
    advice = _(
        "The program works by this until a document says otherwise: ask the province's centre for disease control or "
        "health department for it. A corrected campaign file is imported on this page."
    )
    return [
        PackRow(
            f"{one.place}/{number}",
            f"{one.topic}: {one.name}",
            one.note,
            f"{one.note}\n\n{advice}",
            " · ".join(part for part in (one.reference, one.place) if part),
        )
        for number, one in enumerate(pack_words.doubts(campaign))
    ]


def sources(campaign: Campaign) -> list[PackRow]:
    """The documents that the rules rest on, the newest first."""
    language = i18n.language()
    rows = []
    for one in sorted(campaign.sources.values(), key=lambda text: str(text.day or ""), reverse=True):
        day = format_date(one.day) if one.day else _("day not known")
        text = "\n".join(part for part in (one.title.text(language), one.issuer, day, one.address) if part)
        rows.append(PackRow(one.id, one.reference or one.id, one.title.text(language) or day, text, one.id))
    return rows


def products(campaign: Campaign) -> list[PackRow]:
    """The products with approvals, vial, opened life, storage and codes."""
    return [PackRow(*row) for row in product_words.rows(campaign)]


def groups(campaign: Campaign, today: date) -> list[PackRow]:
    """The priority groups of the list in force in their order, and those that are still to come; each with its
    decision."""
    priority = campaign.priority
    edition = priority.list_on(today) if priority is not None else None
    if priority is None or edition is None:
        return []
    language = i18n.language()
    rows = []
    coming = (one for one in priority.groups if one.list_id == edition.id and one.source.start > today)
    for one in (*priority.groups_on(today), *sorted(coming, key=lambda group: (group.source.start, group.code))):
        decision = one.source.text.reference
        since = _("called since {day}") if one.source.start <= today else _("called from {day} on")
        words = since.format(day=format_date(one.source.start))
        added = _("added at this station by {decision}").format(decision=decision) if one.added else decision
        label = one.label.text(language)
        rows.append(PackRow(one.code, one.code, label, f"{label}\n{added}, {words}", edition.title.text(language)))
    return rows
