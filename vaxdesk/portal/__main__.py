"""``python -m vaxdesk.portal``: the portal without the rest of the command line."""

import argparse
import sys

from vaxdesk.errors import InputError, KnownError
from vaxdesk.portal.command import add_parser, run


def main(arguments: list[str] | None = None) -> int:
    """Run ``portal`` with the given arguments; the exit code (0 done, 1 refused, 2 bad input)."""
    parser = argparse.ArgumentParser(prog="python -m vaxdesk.portal")
    add_parser(parser.add_subparsers(dest="command"))
    args = parser.parse_args(["portal", *(sys.argv[1:] if arguments is None else arguments)])
    try:
        return run(args)
    except KnownError as error:
        sys.stderr.write(error.words() + "\n")
        return 2 if isinstance(error, InputError) else 1


if __name__ == "__main__":
    sys.exit(main())
