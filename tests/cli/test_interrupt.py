"""An interrupted command says so: exit 130 and one line, whatever the argument parser makes of the signal."""

import pytest

from llmctl.cli import running
from llmctl.cli.table import BY_NAME


def test_an_interrupted_command_exits_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_act", interrupted)
    assert running.run_command(BY_NAME["filter"], ["docs", "-o", "out", "--preset", "gopher"]) == 130
    assert capsys.readouterr().err == "llmctl filter: interrupted; run the same command again to continue\n"
