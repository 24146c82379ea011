"""The command line as an administrator meets it: each command a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.station import PASSPHRASE

SET_UP = """
code = "118"
name = "Trạm Y tế xã Mường Lạn"
province_code = "14"
commune_code = "04246"
province_name = "Sơn La"
commune_name = "Xã Mường Lạn"

[manager]
name = "mai"
full_name = "Lò Thị Mai"
"""


@dataclass
class Terminal:
    """A folder, the station in it, and the file with the passphrase."""

    folder: Path
    data_dir: Path
    practice: bool = False

    @property
    def secret(self) -> Path:
        """The file whose first line is the passphrase."""
        path = self.folder / "secret"
        if not path.exists():
            path.write_text(PASSPHRASE + "\n", encoding="utf-8")
        return path

    def start(self, *arguments: object, user: bool = True, **options: Any) -> subprocess.Popen[bytes]:
        """Start a command with ``--json``; ``user``: it opens the station's file."""
        command = [sys.executable, "-m", "vaxdesk.cli", *(str(argument) for argument in arguments)]
        command += ["--json", "--data-dir", str(self.data_dir), "--language", "en"]
        if user:
            command += ["--secret-file", str(self.secret)]
            command += ["--practice"] if self.practice else []
        assert PASSPHRASE not in " ".join(command)
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, **options
        )

    def run(self, *arguments: object, code: int = 0, given: bytes = b"", user: bool = True) -> Any:
        """Run a command to its end and return its JSON answer; its exit code must be ``code``."""
        with self.start(*arguments, user=user) as process:
            out, error = process.communicate(given, timeout=60)
        assert process.returncode == code, (out.decode(), error.decode())
        for spoken in (out, error):
            assert PASSPHRASE.encode() not in spoken
        assert b"Traceback" not in error
        return json.loads(out)

    def set_up(self) -> dict[str, Any]:
        """Set a station up from a file; the recovery code lies in ``recovery`` beside it."""
        source = self.folder / "station.toml"
        source.write_text(SET_UP, encoding="utf-8")
        recovery = self.folder / "recovery"
        arguments = ["setup", "--from", source, "--recovery-to", recovery, "--secret-file", self.secret]
        if self.practice:
            arguments.append("--practice")
        return dict(self.run(*arguments, user=False))
