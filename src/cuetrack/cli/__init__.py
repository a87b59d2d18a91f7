"""The command line: one file per verb, loaded only when the verb is used."""

from __future__ import annotations

import importlib
import os
import sys

import click

from cuetrack.errors import CuetrackError

VERBS = {
    "analyze": "Measure RECORDING and rank the moments worth a second look.",
    "check": "Look at RECORDING for a few seconds and say what is wrong or will be weak.",
    "demo": "Make two rendered people with known truth, analyse and rank beside the truth.",
    "info": "Show people, cues, coverage and confidence of SESSION.",
    "moments": "Print the moments of SESSION worth a second look, strongest first.",
    "report": "Write the report page of SESSION: one file that opens offline.",
    "review": "Open SESSION, or every session in FOLDER, for review in the browser.",
    "evaluate": "Say how well ranked moments meet people's own labels.",
    "learn": "Learn from reviewers' decisions in STUDY how much each channel counts.",
    "agree": "Compare the reviewers of SESSION or STUDY.",
    "export": "Write turns, spans, moments and decisions for ELAN, Praat, BORIS, …",
    "import": "Take marks from an ELAN, Praat, BORIS, WebVTT, CSV or parquet file.",
    "bundle": "Carry a reviewer's work between two machines.",
    "doctor": "Check the review record of SESSION and write a report to send.",
    "batch": "Analyse every recording of STUDY: a manifest or a folder.",
    "models": "List, fetch or verify the model files.",
    "relink": "Tell SESSION where its recordings are now.",
    "consent": "Show whose consent SESSION holds, or note one person's.",
    "redact": "Write a copy of SESSION without faces, own voices, names and dates.",
    "lock": "Encrypt SESSION into one file and remove the folder.",
    "unlock": "Decrypt SESSION into its folder again.",
    "delete": "Delete SESSION and all that was made of it.",
    "about": "State intended use and limits.",
}
"""In the order a new user meets them, said here so that the list of verbs loads none of them."""
_MODULES = {"import": "import_"}
"""Modules of verbs that are words of Python's own."""


class Verbs(click.Group):
    """A group whose commands are the `command` of the module named like the verb."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in the order a new user meets them."""
        return list(VERBS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of verbs without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a verb's module and return its command."""
        if cmd_name not in VERBS:
            return None
        command = importlib.import_module(f"cuetrack.cli.{_MODULES.get(cmd_name, cmd_name)}").command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=Verbs, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cuetrack")
@click.pass_context
def cli(context: click.Context) -> None:
    """Measure nonverbal cues of two people in a recording and rank moments worth a second look.

    It reports movement, voice and timing against each person's own usual. It never names emotions, intentions or
    diagnoses, and everything stays on this computer. Without a command the start page opens in the browser.
    """
    if context.invoked_subcommand is None:
        from cuetrack.cli.review import open_app

        open_app()


def main() -> None:
    """Run the command line, verbs that decode in a process of their own; a user never sees a traceback."""
    from cuetrack.cli.first_run import state_intended_use
    from cuetrack.cli.supervise import is_child, run_child, wants_child

    words = sys.argv[1:]
    if not is_child():
        state_intended_use(words)
    if not wants_child(words):
        return run()
    code, said = run_child(words)
    if said:
        _stop(said, code)
    sys.exit(code)


def run() -> None:
    """Run the command line in this process (set CUETRACK_DEBUG=1 to see tracebacks)."""
    from cuetrack.cli.supervise import join_parent

    join_parent()
    try:
        cli.main(prog_name="cuetrack", standalone_mode=False)
    except click.exceptions.Abort:
        _stop("stopped. Run the same command again to go on where it stopped.", 130)
    except KeyboardInterrupt:
        _stop("stopped. Run the same command again to go on where it stopped.", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except CuetrackError as error:
        if os.environ.get("CUETRACK_DEBUG"):
            raise
        _stop(str(error), 1)
    except MemoryError:
        _stop("not enough memory for this recording. Close other programs or run with --fast.", 1)
    except Exception as error:
        if os.environ.get("CUETRACK_DEBUG"):
            raise
        _stop(
            f"an unexpected fault: {type(error).__name__}: {error}. Please report it (CUETRACK_DEBUG=1 shows where).", 3
        )


def _stop(message: str, code: int) -> None:
    click.echo(f"cuetrack: {message}", err=True)
    sys.exit(code)
