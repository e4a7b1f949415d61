"""One command from arguments to exit code: settings, the stage, its result on stdout, everything else on stderr."""

from __future__ import annotations

import json
import signal
import sys
import traceback
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

import typer

from llmctl.cli.console import Console
from llmctl.cli.options import load, read_how, read_settings, signature
from llmctl.cli.table import Command
from llmctl.errors import BAD_ARGUMENTS, BUG, DONE, GATE_FAILED, INTERRUPTED, BadSettings, UserError
from llmctl.settings.knobs import BadValue

ClickException: type[Exception] = next(
    c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException"
)  # click's own


def run_command(command: Command, words: list[str]) -> int:
    """Parse, run, print; the exit codes of cli.md."""
    state = {"code": DONE, "verbose": "-v" in words or "--verbose" in words}

    def action(**values: Any) -> None:
        try:
            state["code"] = _act(command, values)
        except KeyboardInterrupt:  # typer would turn it into a return value
            state["code"] = _say(command, "interrupted; run the same command again to continue", INTERRUPTED)

    try:
        app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        app.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})(
            signature(command, action)
        )
        typer.main.get_command(app)(words, prog_name=f"llmctl {command.name}", standalone_mode=False)
    except ClickException as error:
        return _say(command, str(error.format_message()), BAD_ARGUMENTS)  # type: ignore[attr-defined]
    except BadValue as error:
        return _say(command, str(error), BAD_ARGUMENTS)
    except UserError as error:
        if state["verbose"]:
            traceback.print_exc()
        return _say(command, str(error), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _say(command, "interrupted; run the same command again to continue", INTERRUPTED)
    except BrokenPipeError:
        return _say(command, "whoever read our output went away", BAD_ARGUMENTS - 1)
    except Exception:
        traceback.print_exc()
        return _say(command, "this is a bug in llmctl (the traceback is above)", BUG)
    return int(state["code"])


def _say(command: Command, text: str, code: int) -> int:
    line = " ".join(text.split())
    print(f"llmctl {command.name}: {line[:1].lower() + line[1:] if line[:2].istitle() else line}", file=sys.stderr)
    return code


def _act(command: Command, values: dict[str, Any]) -> int:
    _need_a_place()
    console = Console(command.name, quiet=values["quiet"], color=not values["no_color"])
    if not command.settings:
        return _look(command, values)
    settings, how = read_settings(command, values), read_how(command, values)
    if values.get("out") is not None and PurePath(values["out"]).name in ("", ".."):
        raise BadSettings(f"-o {values['out']!r} does not name a new directory; write for example -o out")
    to_stdout = values.get("out") == "-"
    if to_stdout:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` ends us as it ends any tool
    console.first_sign()
    with console.progress() as progress:
        how = replace(how, progress=progress, notice=console.notice)
        outcome = load(command.run)(settings, values.get("sources"), values.get("out"), how)
    result = {**outcome.manifest, "out": outcome.out} if outcome.out else dict(outcome.manifest)
    text = json.dumps(result, ensure_ascii=False) if values["json"] else outcome.headline
    if outcome.already and not values["json"]:
        text = f"already done: {text}"
    print(text, file=sys.stderr if to_stdout else sys.stdout, flush=True)
    for warning in outcome.warnings:
        console.warn(warning)
    if outcome.failed_gates:
        return _say(command, "; ".join(outcome.failed_gates), GATE_FAILED)
    step = outcome.next_step or (
        command.next.format(out=outcome.out) if command.next and outcome.out and not to_stdout else None
    )
    console.next_step(step)
    return DONE


def _need_a_place() -> None:
    """Relative paths have no meaning where the working directory was removed."""
    try:
        Path.cwd()
    except FileNotFoundError:
        raise BadSettings("the working directory does not exist any more; cd to one that does") from None


def _look(command: Command, values: dict[str, Any]) -> int:
    result, text = load(command.run)(values)
    print(json.dumps(result, ensure_ascii=False, default=str) if values["json"] else text)
    return DONE
