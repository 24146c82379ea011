"""Campaign files for tests: packs in further versions, signed by whom one likes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from vaxdesk import assets
from vaxdesk.campaigns import bundle
from vaxdesk.certificates.authority import Authority

PACKS = Path(__file__).parents[1] / "campaigns" / "packs"


def folder(
    target: Path, pack: str, version: str, valid_from: str, *, interval: str = "", extra: str = "", name: str = ""
) -> Path:
    """A copy of a pack as another version.

    ``interval`` (``"60 days"``) becomes the least span of every further dose, without dates of its own: the rules are
    written as if they had always been so. ``extra`` is added to ``campaign.toml``.
    """
    source = PACKS / pack if (PACKS / pack).is_dir() else assets.resource("campaigns", pack)
    made = Path(shutil.copytree(source, target / (name or f"{pack}-{version}-{len(extra)}")))
    head = (made / "campaign.toml").read_text(encoding="utf-8")
    head = re.sub(r'^version = ".*"', f'version = "{version}"', head, count=1, flags=re.MULTILINE)
    head = re.sub(r"^valid_from = .*", f"valid_from = {valid_from}", head, count=1, flags=re.MULTILINE)
    (made / "campaign.toml").write_text(head + extra, encoding="utf-8")
    if interval:
        plan = (made / "schedule.toml").read_text(encoding="utf-8")
        plan = re.sub(r"\n\[\[examples\]\]\n(?:(?!\n\[\[).)*", "\n", plan, flags=re.DOTALL)
        plan = re.sub(r"^(recommended|latest|maximum|since_first|grace_days) = .*\n", "", plan, flags=re.MULTILINE)
        plan = re.sub(r"^(absolute|recommended|latest)_\w+ = .*\n", "", plan, flags=re.MULTILINE)
        plan = re.sub(r'^interval = ".*"', f'interval = "{interval}"', plan, flags=re.MULTILINE)
        (made / "schedule.toml").write_text(plan, encoding="utf-8")
    return made


def signed(pack: Path, authority: Authority) -> Path:
    """A pack's folder as a campaign file beside it."""
    path = pack.with_name(pack.name + bundle.SUFFIX)
    path.write_bytes(bundle.pack(pack, authority.sign_pack))
    return path


def around(archive: bytes, authority: Authority) -> bytes:
    """Any bytes as a campaign file that the authority signed: what no honest tool would write."""
    signature = authority.sign_pack(archive)
    return bundle.MAGIC + len(signature).to_bytes(4, "big") + signature + archive
