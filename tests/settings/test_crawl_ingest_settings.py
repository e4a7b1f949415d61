"""Licences that are asked for are checked before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from llmctl.errors import BadSettings
from llmctl.settings.crawl_ingest import CrawlIngest
from llmctl.settings.how import How
from llmctl.settings.knobs import BadValue
from llmctl.stages.crawl_ingest import run


@pytest.mark.parametrize(
    "asked", ["", " ", "MIT AND", "MIT OR Apache-2.0", "MIT,", ",MIT", "MIT,,ISC", "(MIT)", "M\xefT"]
)
def test_what_is_no_list_of_licences_is_no_setting(asked: str) -> None:
    with pytest.raises(BadValue, match="licenses is any, permissive or SPDX ids"):
        CrawlIngest(licenses=asked)


@pytest.mark.parametrize("asked", ["any", "permissive", "MIT", "mit, gpl-2.0+", "permissive,LicenseRef-Public-Domain"])
def test_a_list_of_licences_is_a_setting(asked: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    outcome = run(CrawlIngest(licenses=asked), [str(tmp_path / "a.py")], str(tmp_path / "out"), How(dry_run=True))
    assert outcome.manifest["settings"]["licenses"] == asked


@pytest.mark.parametrize(("asked", "told"), [
    ("Foo-1.0", "licenses: no 'Foo-1.0'; "),
    ("MIT,Apache2.0", "licenses: no 'Apache2.0'; did you mean 'Apache-2.0'?"),
    ("any,AGPL", "licenses: no 'AGPL'; did you mean 'AGPL-3.0-"),
    ("qqqqqqqqqqqq", "licenses: no 'qqqqqqqqqqqq'; write SPDX ids, permissive or any"),
])  # fmt: skip
def test_an_unknown_licence_is_refused_before_anything_is_read(asked: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(BadSettings) as caught:
        run(CrawlIngest(licenses=asked), [str(tmp_path / "missing")], str(tmp_path / "out"), How())
    assert str(caught.value).startswith(told)
    assert not list(tmp_path.iterdir())
