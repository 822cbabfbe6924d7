"""The command line. Every error is one line; a stack trace appears with ``--debug`` only."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence

import click

from ar_effects.cli.commands import app
from ar_effects.errors import ArEffectsError
from ar_effects.paths import COMMAND

EXIT_FAILED, EXIT_DEFECT, EXIT_INTERRUPTED = 1, 3, 130


def main(arguments: Sequence[str]) -> int:
    """Run the command line and give the exit code: 0 good, 1 failed, 2 wrong usage, 3 a defect of ours."""
    debug = "--debug" in arguments
    try:
        result = app.main(args=list(arguments), prog_name=COMMAND, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("Stopped.", err=True)
        return EXIT_INTERRUPTED
    except ArEffectsError as error:
        if debug:
            traceback.print_exc()
        click.echo(f"error: {error.one_line()}", err=True)
        return EXIT_FAILED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        sys.stderr.close()
        return 0
    except Exception as error:
        if debug:
            traceback.print_exc()
        else:
            click.echo(
                f"error: Something went wrong inside AR Effects ({type(error).__name__}: {error}). "
                "This is a defect: please report it with the output of the same command and --debug.",
                err=True,
            )
        return EXIT_DEFECT
    return result if isinstance(result, int) else 0
