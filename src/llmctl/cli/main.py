"""The door. Bare `llmctl`, `--help` and `--version` are answered here from a table, before anything else is imported."""

from __future__ import annotations

import sys
from difflib import get_close_matches

from llmctl import __version__
from llmctl.cli.table import BY_NAME, COMMANDS, Command, find

TITLE = "llmctl: from raw crawl to a trained, evaluated, prompted language model, one artifact at a time."
FOOT = """Shared options: -o OUT, --preset NAME|FILE.toml, --set key=value, -j WORKERS, --seed N, --limit N, --preview N,
-n/--dry-run, -f/--force, --json, -q, -v, --no-color. `llmctl COMMAND --help` has the rest, with examples.

Exit codes: 0 done or already done, 1 you can fix it, 2 bad arguments, 3 the output holds a different run,
4 a gate failed, 70 a bug in llmctl, 130 interrupted (run the same command again to continue)."""


def main(words: list[str] | None = None) -> None:
    """Run one command line; ends the process with its exit code."""
    sys.exit(run(sys.argv[1:] if words is None else words))


def run(words: list[str]) -> int:
    """One command line -> its exit code."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview(COMMANDS))
        return 0
    if words[0] in ("--version", "-V"):
        print(f"llmctl {__version__}")
        return 0
    command, rest = find(words)
    if command is None and words[0] == "prompt" and (len(words) == 1 or words[1] in ("-h", "--help")):
        print(overview([c for c in COMMANDS if c.name.startswith("prompt ")], foot=""))
        return 0
    if command is None:
        return unknown(words)
    from llmctl.cli.running import run_command

    return run_command(command, rest)


def unknown(words: list[str]) -> int:
    """Exit 2, naming the nearest command."""
    asked = " ".join(words[:2]) if words[0] == "prompt" else words[0]
    close = get_close_matches(asked, list(BY_NAME), n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}?" if close else "`llmctl --help` lists the commands"
    kind = "option" if asked.startswith("-") else "command"
    print(f"llmctl: no {kind} {asked!r}; {hint}", file=sys.stderr)
    return 2


def overview(commands: list[Command] | tuple[Command, ...], foot: str = FOOT) -> str:
    """The table of commands as text."""
    width = max(len(f"{c.name} {c.sources}") for c in commands)
    lines = [TITLE, ""]
    for group, title in (
        ("stages", "Stages: each reads artifacts and writes a new one"),
        ("views", "Views: read what lies on disk"),
    ):
        rows = [c for c in commands if c.group == group]
        if rows:
            lines += [title, *(f"  {f'{c.name} {c.sources}':<{width}}  {c.summary}" for c in rows), ""]
    return "\n".join([*lines, foot]).rstrip()
