"""VaxDesk: an offline-first vaccination desk for commune health stations."""

__version__ = "0.1.0"
