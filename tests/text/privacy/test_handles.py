"""Names on social networks, and the many other things that an at-sign begins."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from labelled_spans import REGIONS, jsonl

from llmctl.text.privacy.detectors import detectors_of
from llmctl.text.privacy.masking import mask_spans
from llmctl.text.privacy.scan import find_spans
from llmctl.text.privacy.spans import Span


def spans_of(text: str) -> list[Span]:
    return find_spans([text], detectors_of(("handle", "email")), REGIONS)[0]


def found(text: str) -> list[str]:
    return [text[span.start : span.end] for span in spans_of(text) if span.entity == "handle"]


@pytest.mark.parametrize(("text", "expected"), [
    ("Follow me on Twitter @jane_doe and Instagram: @jane.doe_99.", ["@jane_doe", "@jane.doe_99"]),
    ("@bob I think you should read this, it was great", ["@bob"]),
    ("RT @NASA: the launch is today", ["@NASA"]),
    ("so proud of @bobsmith!", ["@bobsmith"]),
    ("Telegram: @durov_fan, Mastodon: @user1x@mastodon.social", ["@durov_fan", "@user1x@mastodon.social"]),
    ("Thanks to @octocat and @hub-bot for the fix", ["@octocat", "@hub-bot"]),
    ("* Fixed bug in parser by @octo-cat in https://github.com/a/b/pull/1", ["@octo-cat"]),
    ("- fix(binding): a pointer to struct (#3199) (@echovl)", ["@echovl"]),
    ("cc @alice @bobby99, @carol3 and @dave4", ["@alice", "@bobby99", "@carol3", "@dave4"]),
    ("<p>As @vonbrand suggests, making things", ["@vonbrand"]),
    ("[11:48] <florizs84> @aeroraver what is the problem?", ["@aeroraver"]),
    ("[@jane_doe](https://example.com)", ["@jane_doe"]),
    ("//@\u5c0f\u660e: \u8f6c\u53d1\u5fae\u535a //@\u5f20\u4e09\u4e30:\u597d\u7684", ["@\u5c0f\u660e", "@\u5f20\u4e09\u4e30"]),
    ("\u8c22\u8c22@\u4eba\u6c11\u65e5\u62a5 \u4eca\u5929\u7684\u62a5\u9053", ["@\u4eba\u6c11\u65e5\u62a5"]),
    ("\u5173\u6ce8 @wangxiaoming88", ["@wangxiaoming88"]),
    ("https://medium.com/@janedoe/post-1 https://www.linkedin.com/in/jane-doe-123/", ["@janedoe", "jane-doe-123"]),
    ("https://x.com/jane_doe/status/123 https://t.me/jane_doe", ["jane_doe", "jane_doe"]),
])  # fmt: skip
def test_names_are_found_whole(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize("text", [
    "@Override public void foo() {", "    @property", "@pytest.mark.parametrize('a')",
    " * @param foo the foo that you have to give to us",
    "@return the value that was set by you", "use the @property decorator, the @app_commands decorator of the library",
    "we annotate it with @ManyToOne and @JoinColumn in the class that you have",
    "npm i @babel/core @types/node pkg@1.2.3",
    "@media screen and (max-width:600px) { }", "@@ -1,4 +1,5 @@ def foo", r"\makeatletter \@ifnextchar \m@ne \foo@bar",
    "EXEC sp_get @userid = 5", "SELECT @total_count", "push @list_a, $x;", "meet me @ 5pm, I'm @home, it is @9am",
    "{@link Foo}",
    "@\u6240\u6709\u4eba \u5f00\u4f1a", "Hey @everyone this is the plan that you have", "getty@tty1",
    "git@github.com:a/b.git",
    "uses: actions/checkout@v3", "The @Test annotation and @foo_bar tag are what you want",
    "@time foo(x) and @btime are great to have",
    "image: foo@sha256:abcdef", "@article{doe2020,", "[@doe2020]", "https://unpkg.com/@babel/core",
    "https://netflix.com/title",
    "https://x.com/intent/tweet https://instagram.com/p/abc", "@weekly root test -x /usr/bin/apt",
    "*!*@c-71-234-180-125.hsd1.ct.net",
    "github.com/torvalds", "pic.twitter.com/U7PMa4oNGN", "@xxxx is what you have to write",
    "\u4f7f\u7528@\u6ce8\u89e3\u7684\u65b9\u5f0f\u6765\u5b9a\u4e49\u7684\u4e00\u4e2a\u65b9\u6cd5\u3001",
])  # fmt: skip
def test_what_else_the_sign_begins_stays(text: str) -> None:
    assert found(text) == []


PIECES = st.sampled_from([
    "@bob", "@ann_lee", "@Override", "@a.b@c.org", "@\u5c0f\u660e", "cc ", "thanks to ", "by ", ", ", " and ", " ",
    " ", "the ", "you ", ":",
    "(", ")", "#12 ", " says", "x.com/", "t.me/", "twitter.com/", "https://", "\n", "<HANDLE>", "[", "](http", "@", ".",
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_masking_twice_masks_nothing_more(text: str) -> None:
    def masked(text: str) -> str:
        spans = spans_of(text)
        return mask_spans(text, spans)[0]

    assert masked(masked(text)) == masked(text)


def test_source_code_keeps_its_signs(data: Path) -> None:
    """662 files in 14 languages with 3300 tags, decorators and at-rules: 62 names, in lists of changes and of members
    and in profiles, read one by one, and one in a sentence."""
    texts = [row.get("text") or row.get("content") for row in jsonl(data / "code" / "code.jsonl.zst")]
    spans = find_spans(texts, detectors_of(("handle",)), REGIONS)
    places = Counter(
        "change" if "#" in text[s.start - 12 : s.start] else "link" if text[s.end : s.end + 2] == "](" else s.rule
        for text, found in zip(texts, spans, strict=True)
        for s in found
    )
    assert places["change"] > 40 and places["link"] > 5 and places["handle"] <= 2 and places["handle-profile"] <= 3
