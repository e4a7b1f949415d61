"""What a person sees on stderr while work runs: a bar on a terminal, else one plain line every 30 seconds."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence

from llmctl.settings.how import Progress, silent

PLAIN_EVERY = 30.0  # seconds between two lines off a terminal (cli.md)


class Console:
    """stderr, as the command wants it."""

    def __init__(self, name: str, *, quiet: bool, color: bool) -> None:
        self.name, self.quiet = name, quiet
        self.terminal = sys.stderr.isatty()
        self.color = color and "NO_COLOR" not in os.environ and self.terminal

    def first_sign(self) -> None:
        """A terminal hears from us before heavy imports begin."""
        if self.terminal and not self.quiet:
            print(f"llmctl {self.name} ...", file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """One line about a result that stands, but that a user should look at."""
        if not self.quiet:
            print(f"llmctl {self.name}: warning: {text}", file=sys.stderr, flush=True)

    def notice(self, lines: Sequence[str], warnings: Sequence[str]) -> None:
        """What is worth knowing before long work begins: a terminal sees all of it, a log the warnings alone."""
        if self.terminal and not self.quiet:
            print("\n".join(lines), file=sys.stderr, flush=True)
        for text in warnings:
            self.warn(text)

    def next_step(self, step: str | None) -> None:
        """After success, on a terminal: what one would do next."""
        if step and self.terminal and not self.quiet:
            print(f"next: {step}", file=sys.stderr)

    @contextlib.contextmanager
    def progress(self) -> Iterator[Progress]:
        """A function to call as work proceeds."""
        if self.quiet:
            yield silent
        elif self.terminal:
            yield from self._bar()
        else:
            yield self._plain()

    def _plain(self) -> Progress:
        last = time.monotonic()

        def tell(done: int, total: int, what: str) -> None:
            nonlocal last
            if time.monotonic() - last >= PLAIN_EVERY:
                last = time.monotonic()
                print(
                    f"llmctl {self.name}: {what} {done:,}{f' of {total:,}' if total else ''}",
                    file=sys.stderr,
                    flush=True,
                )

        return tell

    def _bar(self) -> Iterator[Progress]:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        console = RichConsole(file=sys.stderr, no_color=not self.color)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Bar(*columns, console=console, transient=True) as bar:
            task = bar.add_task(self.name, total=None)

            def tell(done: int, total: int, what: str) -> None:
                bar.update(task, completed=done, total=total or None, description=what)

            yield tell
