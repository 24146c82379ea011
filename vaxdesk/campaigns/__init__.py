"""Campaign packs: folders of TOML that say what the health authority decides, read into domain objects."""

from vaxdesk.campaigns.load import PackError, check, load
from vaxdesk.campaigns.problems import Problem

__all__ = ["PackError", "Problem", "check", "load"]
