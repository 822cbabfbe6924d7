"""The command line. Every error is one line; a stack trace appears with ``--debug`` only."""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Sequence

import click

from ar_effects.cli import stopping
from ar_effects.cli.commands import app
from ar_effects.errors import ArEffectsError
from ar_effects.messages import sentence
from ar_effects.paths import COMMAND

EXIT_FAILED, EXIT_DEFECT = 1, 3


def main(arguments: Sequence[str]) -> int:
    """Run the command line and give the exit code.

    0 good, 1 failed, 2 wrong usage, 3 a defect of ours; 128 and the signal's number where one interrupted it:
    130 Ctrl-C, 143 SIGTERM, 129 SIGHUP. A recording that a signal ends is kept, which is good.
    """
    with stopping.handled():
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    debug = "--debug" in arguments
    try:
        result = app.main(args=list(arguments), prog_name=COMMAND, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        with contextlib.suppress(OSError):  # nobody may be left to read it
            click.echo(sentence("cli.stopped"), err=True)
        return stopping.exit_code()
    except ArEffectsError as error:
        if debug:
            traceback.print_exc()
        click.echo(sentence("cli.error", problem=error.one_line()), err=True)
        return EXIT_FAILED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if stopping.asked() and stopping.is_lost_terminal(error):
            return stopping.exit_code()
        if debug:
            traceback.print_exc()
        else:
            click.echo(
                sentence("cli.defect", kind=type(error).__name__, error=error),
                err=True,
            )
        return EXIT_DEFECT
    return result if isinstance(result, int) else 0
