"""The command line. Exit codes: 0 conformant, 1 nonconformant, 2 bad input, 3 incomplete, 4 a bug, 130 interrupted."""

from __future__ import annotations

import os
import signal
import sys
import traceback


def main(arguments: list[str] | None = None) -> None:
    """The command was carried out, and the process ends with its exit code."""
    try:
        signal.signal(signal.SIGTERM, _interrupt)
        code = _code(arguments)
    except KeyboardInterrupt:
        print("\nInterrupted. Finished looks are kept; the same command goes on from here.", file=sys.stderr)  # noqa: T201
        code = 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 130
    except Exception as error:  # noqa: BLE001  # the outermost border: a bug has an exit code of its own
        traceback.print_exc()
        print(f"This is a bug in lepton-audit ({type(error).__name__}). Please report it.", file=sys.stderr)  # noqa: T201
        code = 4
    sys.exit(code)


def _interrupt(_signal: int, _frame: object) -> None:
    """A CI system that cancels a job sends SIGTERM: the same as Ctrl-C."""
    raise KeyboardInterrupt


def _code(arguments: list[str] | None) -> int:
    import click

    from lepton_audit.cli.app import app

    try:
        code = app.main(arguments, prog_name="lepton-audit", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0
