"""``python -m vaxdesk.portal``: the portal without the rest of the command line."""

import argparse
import sys

from vaxdesk.errors import InputError, KnownError
from vaxdesk.portal.command import add_parser, run


def main(arguments: list[str] | None = None) -> int:
    """Run ``portal`` with the given arguments; the exit code (0 done, 1 refused, 2 bad input)."""
    parser = argparse.ArgumentParser(prog="python -m vaxdesk.portal")
    parser.add_argument("--json", action="store_true")
    add_parser(parser.add_subparsers(dest="command"))
    given = sys.argv[1:] if arguments is None else arguments
    args = parser.parse_args(
        [*(["--json"] if "--json" in given else []), "portal", *(a for a in given if a != "--json")]
    )
    try:
        return run(args)
    except KnownError as error:
        sys.stderr.write(error.words() + "\n")
        return 2 if isinstance(error, InputError) else 1


if __name__ == "__main__":
    sys.exit(main())
