"""A question of Stack Exchange is one document with its answers in order, its code whole and its licence right."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources import qa
from llmctl.text.sources.questions import stackexchange
from llmctl.text.sources.record import Document, Record, Refused

QUESTION = {
    "Id": "7", "PostTypeId": "1", "AcceptedAnswerId": "9", "CreationDate": "2014-03-13T20:32:04.033", "Score": "12",
    "Title": "How do I sum a list?", "Tags": "<python><list>", "OwnerUserId": "3", "Body": "<p>I have <code>[1, 2]</code>.</p>",
}  # fmt: skip


def answer(id: int, score: int, body: str = "<p>Use sum.</p>", **more: str) -> dict[str, str]:
    row = {
        "Id": id,
        "PostTypeId": 2,
        "ParentId": 7,
        "Score": score,
        "CreationDate": f"2014-03-14T00:00:{id:02d}.000",
        "Body": body,
    }
    return {name: str(value) for name, value in row.items()} | more


def asked(*answers: dict[str, str], question: dict[str, str] = QUESTION, path: str = "", **settings: Any) -> Document:
    documents = qa.documents(Record(path=path, given={"question": question, "answers": list(answers)}), **settings)
    assert len(documents) == 1
    return documents[0]


def refusal(*answers: dict[str, str], question: dict[str, str] = QUESTION, **settings: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        asked(*answers, question=question, **settings)
    return caught.value


def test_the_text_is_the_title_the_question_and_its_answers() -> None:
    document = asked(answer(8, 3), answer(9, -1, "<pre><code>sum(xs)\n</code></pre>"))
    assert document.text == (
        "How do I sum a list?\n\nI have `[1, 2]`.\n\n"
        "Answer (accepted, score -1):\n\n```\nsum(xs)\n```\n\n"
        "Answer (score 3):\n\nUse sum."
    )
    assert document.date == "2014-03-13T20:32:04.033"
    assert document.license == "CC-BY-SA-3.0"
    assert document.metadata == {
        "title": "How do I sum a list?", "tags": ["python", "list"], "question": 7, "score": 12, "answers": [9, 8],
        "answer_scores": [-1, 3], "accepted": 9, "attribution": [3],
    }  # fmt: skip


def test_answers_stand_by_acceptance_then_score_then_age() -> None:
    document = asked(answer(11, 2), answer(10, 2), answer(12, 5), answer(9, 1), answer(13, -4))
    assert document.metadata["answers"] == [9, 12, 10, 11, 13]


def test_answers_of_other_questions_and_other_kinds_are_not_told() -> None:
    document = asked(answer(8, 3), answer(20, 9, ParentId="6"), answer(21, 9, PostTypeId="4"))
    assert document.metadata["answers"] == [8]


def test_answers_below_a_score_can_be_left_out() -> None:
    assert asked(answer(8, 3), answer(10, -2), min_answer_score=0).metadata["answers"] == [8]


@pytest.mark.parametrize(("score", "kept"), [("1", True), ("0", False), ("-3", False)])
def test_an_unanswered_question_needs_a_positive_score(score: str, kept: bool) -> None:
    question = {**QUESTION, "Score": score}
    if kept:
        assert asked(question=question).metadata["answers"] == []
        return
    why = refusal(question=question)
    assert (why.reason, why.value, why.low) == ("unanswered", int(score), 1)


def test_an_answered_question_needs_no_score() -> None:
    assert asked(answer(8, 0), question={**QUESTION, "Score": "-9"}).metadata["answers"] == [8]


def test_an_answer_without_text_is_none() -> None:
    assert refusal(answer(8, 3, "<p> </p>"), question={**QUESTION, "Score": "0"}).reason == "unanswered"


def test_posts_that_the_dump_made_up_are_no_documents() -> None:
    made_up = {**QUESTION, "Id": "1000000001", "OwnerUserId": "-1"}
    assert refusal(answer(8, 3), question=made_up).reason == "fabricated"
    planted = answer(1, 3, Id="1000000010", OwnerUserId="-1")
    assert asked(planted, answer(8, 1)).metadata["answers"] == [8]


@pytest.mark.parametrize(
    ("row", "license"),
    [
        ({"CreationDate": "2010-05-01T00:00:00"}, "CC-BY-SA-2.5"),
        ({"CreationDate": "2011-04-08T00:00:00"}, "CC-BY-SA-3.0"),
        ({"CreationDate": "2018-05-02T00:00:00"}, "CC-BY-SA-4.0"),
        ({"CreationDate": "2010-05-01T00:00:00", "LastEditDate": "2019-01-01T00:00:00"}, "CC-BY-SA-4.0"),
        ({"CreationDate": "2010-05-01T00:00:00", "ContentLicense": "CC BY-SA 3.0"}, "CC-BY-SA-3.0"),
        ({"CreationDate": "yesterday"}, None),
    ],
)
def test_licences_follow_the_date_unless_the_dump_says_one(row: dict[str, str], license: str | None) -> None:
    assert asked(question={**QUESTION, **row}).license == license


def test_posts_of_two_times_stand_under_both_licences() -> None:
    document = asked(answer(8, 1, CreationDate="2020-01-01T00:00:00"))
    assert document.license == "CC-BY-SA-3.0 AND CC-BY-SA-4.0"


@pytest.mark.parametrize(
    ("path", "site", "url"),
    [
        ("math.stackexchange.com/Posts.xml", "", "https://math.stackexchange.com/questions/7"),
        ("dumps/stackoverflow.com-Posts.7z/Posts.xml", "", "https://stackoverflow.com/questions/7"),
        ("ru.stackoverflow.com/Posts.xml", "", "https://ru.stackoverflow.com/questions/7"),
        ("notstackoverflow.com/Posts.xml", "", None),
        ("Posts.xml", "", None),
        ("Posts.xml", "example.org", "https://example.org/questions/7"),
    ],
)
def test_the_address_is_known_where_the_site_is(path: str, site: str, url: str | None) -> None:
    assert asked(path=path, site=site).url == url


def test_tags_are_read_in_both_spellings() -> None:
    assert asked(question={**QUESTION, "Tags": "|c++|c|"}).metadata["tags"] == ["c++", "c"]


@pytest.mark.parametrize(
    "given_", [{}, {"question": 1}, {"question": {}}, {"question": {"Id": "7", "PostTypeId": "2"}}]
)
def test_what_is_no_question_is_refused(given_: dict[str, Any]) -> None:
    with pytest.raises(Refused, match="type"):
        qa.documents(Record(given=given_))


def test_questions_are_told_from_other_records() -> None:
    assert qa.is_qa(Record(given={"question": QUESTION, "answers": []}))
    assert not qa.is_qa(Record(given={"question": "What is 1 + 1?", "answer": "2"}))
    assert not qa.is_qa(Record(b"<posts>", path="Posts.xml"))


@pytest.mark.parametrize(
    "line",
    [
        b'<?xml version="1.0"?>', b"<posts>", b"</posts>", b"", b"\xff\xfe", b"<row />", b'<row Id="1" />',
        b'<row Id="x" PostTypeId="1" />', b'  <row Id="99999999999999999999" PostTypeId="1" />',
    ],
)  # fmt: skip
def test_lines_without_a_post_are_none(line: bytes) -> None:
    assert stackexchange.post_of(line) is None


def test_a_line_is_read_as_xml_reads_it() -> None:
    line = '\ufeff  <row Id=\'5\' PostTypeId="1" Title="a &lt;b&gt; &#x1F600;&#39;\tc" '
    line += 'Body="&amp;lt; &unknown; &#0;&#xD800;&#xA;" />\r\n'
    post = stackexchange.post_of(line.encode())
    assert post is not None
    assert (post.id, post.title, post.body) == (5, "a <b> \U0001f600' c", "&lt; &unknown; \n")


@given(st.lists(st.tuples(st.integers(8, 30), st.integers(-9, 9)), max_size=8, unique_by=lambda one: one[0]))
@settings(max_examples=50, deadline=None)
def test_order_is_that_of_acceptance_score_and_age(rows: list[tuple[int, int]]) -> None:
    told = asked(*(answer(id, score) for id, score in rows)).metadata["answers"]
    gold = sorted(rows, key=lambda row: (row[0] != 9, -row[1], row[0]))
    assert told == [id for id, _ in gold]


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(alphabet="<row Id=\"1Psty&#;x=' />", max_size=300).map(lambda text: f"<row {text}".encode()),
    )
)
@settings(max_examples=50, deadline=None)
def test_any_line_is_a_post_or_none(line: bytes) -> None:
    post = stackexchange.post_of(line)
    assert post is None or post.id is not None


VALUES = st.one_of(
    st.none(), st.integers(), st.text(max_size=40), st.sampled_from(["1", "2", "-5", "<b>x", "2014-01-01T00:00:00"])
)
ROWS = st.dictionaries(st.sampled_from([*QUESTION, "ParentId", "ContentLicense", "LastEditDate"]), VALUES, max_size=9)


@given(ROWS, st.lists(st.one_of(ROWS, st.integers()), max_size=3))
@settings(max_examples=50, deadline=None)
def test_any_rows_are_a_document_or_a_reason(question: dict[str, Any], answers: list[Any]) -> None:
    try:
        (document,) = qa.documents(
            Record(given={"question": {"Id": 1, "PostTypeId": 1, **question}, "answers": answers})
        )
    except Refused as why:
        assert why.reason in ("type", "unanswered", "empty", "fabricated")
        return
    assert document.text.encode() and "\0" not in document.text


@pytest.mark.parametrize(
    "line",
    [
        b'<row Id="1" PostTypeId="1" ' + b'a="' * 200_000,
        b"<row " + b"x=" * 300_000,
        b'<row Body="' + b"&#" * 300_000 + b'"',
    ],
)
def test_hostile_lines_take_no_time(line: bytes) -> None:
    started = time.process_time()
    stackexchange.post_of(line)
    assert time.process_time() - started < 2


EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "sources" / "qa" / "Posts.xml"


def test_the_example_dump_shows_every_branch() -> None:
    posts = [post for line in EXAMPLE.read_bytes().split(b"\n") if (post := stackexchange.post_of(line))]
    assert [post.kind for post in posts] == [1, 2, 2, 2, 1, 1, 5]
    first = stackexchange.thread(posts[0], posts[1:4])
    assert first.metadata["answers"] == [4, 2, 5]
    assert first.license == "CC-BY-SA-3.0 AND CC-BY-SA-4.0"
    assert "```py\npoints = [(0, 0), (4, 0), (4, 3)]\n```" in first.text
    assert "Answer (accepted, score 9):\n\nThe shoelace formula:\n\n```\ndef area(p):\n    pairs" in first.text
    assert "> also works for polygons\n\nIt does, in O(n^1)." in first.text
    assert "$A = \\frac{1}{2} b h$:\n\n- the base is 4\n- the height is 3\n\nAnswer (score -2):" in first.text
    assert (
        stackexchange.thread(posts[4], []).text == "When is an area negative?\n\nWhich polygons have a negative area?"
    )
    with pytest.raises(Refused, match="unanswered"):
        stackexchange.thread(posts[5], [])


def test_a_real_dump_gives_every_question_that_has_an_answer_or_a_score(data: Path) -> None:
    with zstandard.open(data / "stackexchange" / "jrfoster.Posts.xml.zst", "rb") as file:
        dump = file.read()
    # the gold count is that of another parser, on the whole file
    rows = [row.attrib for row in ElementTree.fromstring(dump)]
    posts = [post for line in dump.split(b"\n") if (post := stackexchange.post_of(line))]
    assert [post.body for post in posts] == [row["Body"] for row in rows]
    answers = defaultdict(list)
    for row in rows:
        if row["PostTypeId"] == "2":
            answers[row["ParentId"]].append(row)
    documents, unanswered = {}, []
    for row in rows:
        if row["PostTypeId"] == "1":
            try:
                documents[row["Id"]] = asked(*answers[row["Id"]], question=row)
            except Refused as why:
                assert why.reason == "unanswered"
                unanswered.append(row["Id"])
    wanted = {row["Id"] for row in rows if row["PostTypeId"] == "1" and (answers[row["Id"]] or int(row["Score"]) > 0)}
    assert set(documents) == wanted
    assert (len(documents), len(unanswered)) == (392, 5)
    for row in rows:
        if row["Id"] in documents:
            told = documents[row["Id"]].metadata
            gold = sorted(
                answers[row["Id"]],
                key=lambda one: (one["Id"] != row.get("AcceptedAnswerId"), -int(one["Score"]), one["CreationDate"]),
            )
            assert [str(id) for id in told["answers"]] == [one["Id"] for one in gold]
            assert told["tags"] == row["Tags"].strip("<>").split("><")
            assert documents[row["Id"]].license == "CC-BY-SA-3.0"
    assert sum(len(one.metadata["answers"]) for one in documents.values()) == 1507  # every answer of the dump, once
