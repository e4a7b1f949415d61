"""The HTML of posts becomes text: code to the character, structure kept, maths untouched, whatever the HTML."""

from __future__ import annotations

import html
import re
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources.questions.markup import DEPTH, text_of


@pytest.mark.parametrize(
    ("post", "text"),
    [
        ("<p>One <b>two</b>\n three &amp; &lt;four&gt;.</p>\n\n<p>Five</p>", "One two three & <four>.\n\nFive"),
        ("bare text", "bare text"),
        ("", ""),
        ("<p>a<br>b<br/>\nc</p>", "a\nb\nc"),
        ("<h2>Head</h2><p>x</p><hr><p>y</p>", "## Head\n\nx\n\n---\n\ny"),
        ("<p>Use <code>a&lt;b</code> and <code>`</code>.</p>", "Use `a<b` and `` ` ``."),
        ("<p>a  b <code>a  =  b</code></p>", "a b `a  =  b`"),
        ("<pre><code>def f():\n\treturn  1\n\n\nx &lt; y\n</code></pre>", "```\ndef f():\n\treturn  1\n\n\nx < y\n```"),
        ('<pre class="lang-py prettyprint-override"><code>x\n</code></pre>', "```py\nx\n```"),
        ("<pre><code>```\nx\n```\n</code></pre>", "````\n```\nx\n```\n````"),
        ("<pre>  kept\n   too</pre>", "```\n  kept\n   too\n```"),
        ("<ul><li>a</li><li>b</li></ul><p>c</p>", "- a\n- b\n\nc"),
        ("<ol start='3'><li>a</li><li><p>b</p><p>c</p></li></ol>", "3. a\n4. b\n\n   c"),
        ("<ul><li>a<ol><li>b</li></ol></li><li>c</li></ul>", "- a\n  1. b\n- c"),
        ("<ul><li>a<pre><code>x\n y\n</code></pre></li></ul>", "- a\n\n  ```\n  x\n   y\n  ```"),
        ("<blockquote><p>a</p><p>b</p></blockquote><p>c</p>", "> a\n>\n> b\n\nc"),
        ("<blockquote><pre><code>x\n\ny\n</code></pre></blockquote>", "> ```\n> x\n>\n> y\n> ```"),
        ("<p>x<sup>2</sup> + y<sub>ij</sub></p>", "x^2 + y_{ij}"),
        ("<p>See <a href='https://a.b/c'>this</a> <img src='x.png' alt='a plot'></p>", "See this"),
        (
            "<p>$a &lt; b$ and $$\\begin{align}\n a &amp;= b\\\\\n\\end{align}$$</p>",
            "$a < b$ and $$\\begin{align}\n a &= b\\\\\n\\end{align}$$",
        ),
        ("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>", "a | b\n1 | 2"),
        ("<p>a<script>evil()</script><style>p{}</style>b</p>", "ab"),
        ("<p>a &nbsp; b\u00a0c</p>", "a b c"),
        ("<p>open <b>tags <i>everywhere", "open tags everywhere"),
        ("<p>null\0 and \ud800 half</p>", "null and half"),
    ],
)
def test_markup_becomes_text(post: str, text: str) -> None:
    assert text_of(post) == text


def test_addresses_of_links_are_written_on_demand() -> None:
    post = (
        "<p><a href='https://a.b/c'>this</a>, <a href='https://a.b'>https://a.b</a>, <a href='javascript:x'>x</a></p>"
    )
    assert text_of(post, links=True) == "this (https://a.b/c), https://a.b, x"


HOSTILE = {
    "quotes": "<blockquote>" * 50_000 + "x",
    "lists": "<ul><li>" * 50_000 + "x",
    "divisions": "<div>" * 100_000 + "x",
    "code": "<code>" * 50_000 + "`" * 50_000,
    "preformatted": "<pre>" * 50_000 + "x",
    "raised": "<sup>" * 50_000 + "x",
    "links": "<a href=x>" * 50_000 + "x",
    "tables": "<table><tr><td>" * 20_000 + "x",
    "angles": "<" * 200_000,
    "ampersands": "&" * 200_000,
    "dollars": "$" * 200_000,
    "breaks": "<br>" * 100_000 + "x",
    "paragraphs in quotes": "<blockquote>" * 30 + "<p>a" * 20_000,
    "comments": "<!--" * 50_000,
    "closing": "</li></ul></blockquote></pre></a></code>" * 20_000,
}


@pytest.mark.parametrize("post", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_posts_take_no_time_and_no_room(post: str) -> None:
    started = time.process_time()
    text = text_of(post)
    assert time.process_time() - started < 3
    assert len(text) <= 3 * DEPTH * len(post)


@given(st.text(alphabet=st.sampled_from('<>/pbliuoacredt "=\n`$&;#'), max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_markup_is_text(post: str) -> None:
    text = text_of(post)
    assert text == text.strip("\n")
    assert "\0" not in text and len(text) <= 3 * DEPTH * (len(post) + 1)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=200))
@settings(max_examples=50, deadline=None)
def test_code_is_kept_to_the_character(code: str) -> None:
    fenced = text_of(f"<pre><code>{html.escape(code)}\n</code></pre>")
    if not code.strip() or any(ord(character) < 32 and character not in "\t\n" for character in code):
        return
    fence = re.match("`+", fenced)
    assert fence
    assert fenced == f"{fence[0]}\n{code}\n{fence[0]}"


def test_every_word_of_real_posts_is_kept(data: Path) -> None:
    with zstandard.open(data / "stackexchange" / "jrfoster.Posts.xml.zst", "rb") as file:
        bodies = [row.attrib["Body"] for row in ElementTree.fromstring(file.read())]
    told = 0
    for body in bodies[::3]:
        # gold: the text of the XML tree that another parser makes, where the body is one
        try:
            tree = ElementTree.fromstring(f"<x>{re.sub('<(img|hr|br)([^<>]*?)/?>', '<i/>', html_named(body))}</x>")
        except ElementTree.ParseError:
            continue
        gold = re.findall(r"\w+", "".join(tree.itertext()))
        told += len(gold)
        missing = set(gold) - set(re.findall(r"\w+", text_of(body)))
        assert not {word for word in missing if len(word) > 3}, (missing, body[:200])  # `x^2y` splits short ones
    assert told > 60_000


def html_named(body: str) -> str:
    """Entities that XML does not have, as characters."""
    return re.sub(r"&(?!lt;|gt;|amp;|quot;|apos;|#)(\w+);", lambda match: html.unescape(match[0]), body)


def test_control_characters_of_references_are_dropped() -> None:
    post = "<p>a&#x1;b&#x1f;c&#x1c;d&#x0b;e</p><pre><code>x&#x8;\ty&#x1;\nz\n</code></pre>"
    assert text_of(post) == "abcde\n\n```\nx\ty\nz\n```"
