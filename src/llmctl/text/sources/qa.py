"""qa: a question of Stack Exchange with its answers -> one document.

A reader of `Posts.xml` brings the rows of a question and its answers together (`given`: `question`, `answers`, each row
with the attributes of the dump); `stackexchange` makes the text of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from llmctl.text.sources.questions.stackexchange import QUESTION, Post, post_from, thread
from llmctl.text.sources.record import Document, Record, Refused

# a site's name in the path of its dump: `math.stackexchange.com/Posts.xml`, `stackoverflow.com-Posts.7z`
SITE = re.compile(
    r"(?:^|/)((?:[a-z0-9-]{1,40}\.){0,3}(?:stackexchange|stackoverflow|superuser|serverfault|askubuntu|mathoverflow|stackapps)\.(?:com|net))"
    r"(?=[/.-]|$)"
)


def is_qa(record: Record) -> bool:
    """Whether the record is a question with its answers."""
    return isinstance(record.given.get("question"), Mapping) and not record.crawled


def documents(
    record: Record,
    *,
    min_unanswered_score: int = 1,
    min_answer_score: int | None = None,
    links: bool = False,
    site: str = "",
) -> list[Document]:
    """The question as a document; refuses by type where it is no row of a question, else as `stackexchange.thread` does."""
    asked = record.given.get("question")
    question = post_from(asked) if isinstance(asked, Mapping) else None
    if question is None or question.kind != QUESTION:
        raise Refused("type")
    place = SITE.search(record.path)
    return [
        thread(
            question,
            _answers(record),
            min_unanswered_score=min_unanswered_score,
            min_answer_score=min_answer_score,
            links=links,
            site=site or (place[1] if place else None),
        )
    ]


def _answers(record: Record) -> list[Post]:
    rows = record.given.get("answers")
    rows = rows if isinstance(rows, (list, tuple)) else ()
    return [post for row in rows if isinstance(row, Mapping) and (post := post_from(row))]
