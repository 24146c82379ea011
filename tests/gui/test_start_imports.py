"""The first window waits for nothing that it does not need: what is heavy is imported after it was painted."""

from __future__ import annotations

import subprocess
import sys

#: Each of them takes longer to import than the window to be painted.
HEAVY = ("sqlalchemy", "numpy", "cv2", "zxingcpp", "pypdfium2", "PIL", "reportlab", "requests", "cryptography")


def test_the_window_s_module_imports_nothing_heavy() -> None:
    code = f"import sys, vaxdesk.app; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == []
