"""Lists of turns, YAML and chat rows become dialogues."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml
import zstandard

from llmctl.text.sources.conversation import documents, is_conversation
from llmctl.text.sources.formats import sniff
from llmctl.text.sources.record import Document, Record, Refused


def read(path: str, text: str, **settings: object) -> list[Document]:
    record = Record(path=path, payload=text.encode())
    assert is_conversation(record)
    return documents(record, **settings)


def row(**given: Any) -> list[Document]:  # Any: what JSON holds
    record = Record(given=given)
    assert is_conversation(record)
    return documents(record)


def test_a_line_of_turns_is_a_dialogue_of_two() -> None:
    made = read("a.txt", "Hi ! __eou__ Hello . __eou__ Bye . __eou__\t1\t2 1 1\n\nNa?__eou__Gut.__eou__\n")
    assert [one.text for one in made] == [
        "<Speaker 1> Hi !\n<Speaker 2> Hello .\n<Speaker 1> Bye .",
        "<Speaker 1> Na?\n<Speaker 2> Gut.",
    ]
    assert [one.part for one in made] == ["line-0", "line-2"]
    assert made[1].metadata["messages"] == [0, 1]
    assert made[1].metadata["line"] == 2


@pytest.mark.parametrize(
    ("line", "reader"),
    [
        ("Hi ! __eou__ Hello . __eou__", "turns"), ("Hi ! __eou__\t1\t2", "turns"), ("Hi __eou__ Hello __eou__ Bye", "turns"),
        ("The mark __eou__ ends an utterance.", "whole"),
    ],
)  # fmt: skip
def test_a_file_is_read_by_lines_where_its_first_is_turns_and_not_where_it_names_the_mark(
    line: str, reader: str
) -> None:
    assert sniff("a.txt", f"{line}\nmore\n".encode()).format.reader == reader
    assert is_conversation(Record(path="a.txt", payload=f"{line}\n".encode())) == (reader == "turns")


def test_a_single_turn_is_counted_as_short() -> None:
    (made,) = read("a.txt", "Hi__eou__\nHi__eou__Hello__eou__\n")
    assert made.metadata["log"] == {"dialogues": 2, "short": 1}


YAML = "categories:\n- food\n- tea\nconversations:\n- - Yes\n  - 12\n  - null\n- - Tea?\n  - |-\n    Two\n    cups\n"


def test_yaml_gives_turns_as_they_are_written_and_categories_as_tags() -> None:
    made = read("a.yml", YAML)
    assert [one.text for one in made] == [
        "<Speaker 1> Yes\n<Speaker 2> 12\n<Speaker 1> null",
        "<Speaker 1> Tea?\n<Speaker 2> Two\n  cups",
    ]
    assert made[0].metadata["tags"] == ["food", "tea"]
    assert [one.part for one in made] == ["conversation-0", "conversation-1"]


def test_entries_of_yaml_that_are_no_turns_are_counted() -> None:
    text = "categories: [x]\nconversations:\n- - a\n  - {b: c}\n- - a\n  - b\n- lone\n"
    made = read("a.yml", text)
    assert [one.text for one in made] == ["<Speaker 1> a\n<Speaker 2> b"]
    assert made[0].metadata["log"] == {"dialogues": 2, "broken": 1, "short": 1}


BROKEN = {
    "aliases": "- &a [x, x]\n" + "- [*a, *a]\n" * 9,
    "depth": "- " + "[" * 5000 + "\n",
    "no YAML": "- - a\n  b: [\n}\n",
    "tabs": "- - a\n\t- b\n",
}


@pytest.mark.parametrize("case", BROKEN)
def test_hostile_yaml_is_refused(case: str) -> None:
    record = Record(path="a.yaml", payload=f"categories: [x]\nconversations:\n{BROKEN[case]}".encode())
    assert is_conversation(record)
    with pytest.raises(Refused, match="unreadable:broken_yaml"):
        documents(record)


def test_messages_of_a_chat_are_a_dialogue_by_role_or_name() -> None:
    (made,) = row(messages=[
        {"role": "system", "content": "Be short."},
        {"role": "user", "name": "mia", "content": "How?\n\nif a:\n    b"},
        {"role": "assistant", "content": [{"type": "text", "text": "So."}, {"type": "image_url", "image_url": {}}]},
    ])  # fmt: skip
    assert made.text == "<system> Be short.\n<mia> How?\n\n  if a:\n      b\n<assistant> So."
    assert made.metadata["messages"] == [0, 1, 2]
    assert made.part == ""


def test_sharegpt_is_read_with_its_names_of_roles() -> None:
    (made,) = row(conversations=[{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}])
    assert made.text == "<user> Hi\n<assistant> Hello"


def test_calls_of_tools_are_text_and_a_message_without_any_is_left_out() -> None:
    (made,) = row(messages=[
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "look", "arguments": {"at": "Rom"}}}]},
        {"role": "tool", "content": "sun"},
        {"role": "assistant", "content": ""},
        "nonsense",
    ])  # fmt: skip
    assert made.text == '<user> Weather?\n<assistant> look({"at": "Rom"})\n<tool> sun'
    assert made.metadata["messages"] == [0, 1, 2]


@pytest.mark.parametrize("content", ["", None, [], 7, [{"type": "image_url"}], [{"type": "text", "text": 3}], "\0"])
def test_a_row_without_text_is_empty(content: object) -> None:
    with pytest.raises(Refused, match="empty"):
        row(messages=[{"role": "user", "content": content}])


@pytest.mark.parametrize("given", [{}, {"messages": []}, {"messages": "x"}, {"conversations": [1]}, {"messages": [{}]}])
def test_other_rows_are_no_chats(given: dict[str, Any]) -> None:
    assert not is_conversation(Record(text="some text", given=given))


def test_numbered_speakers_leave_roles_as_they_are() -> None:
    chat = [{"role": "user", "name": "Mia", "content": "I, Mia, am a user"}, {"role": "assistant", "content": "Hi Mia"}]
    (made,) = documents(Record(given={"messages": chat}), speakers="numbered")
    assert made.text == "<Speaker 1> I, Speaker 1, am a user\n<assistant> Hi Speaker 1"


def test_a_role_cannot_break_the_template() -> None:
    (made,) = row(messages=[{"role": "a>\n<b", "content": "x"}, {"role": None, "content": "y"}])
    assert made.text == "<a b> x\n<unknown> y"


ARRAY = [
    {"id": "a", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
    {"id": "b"},
    {
        "messages": [
            {"role": "user", "name": "Mia", "content": "Mia asks\ud800"},
            {"role": "assistant", "content": "Yes, Mia"},
        ]
    },
    {"messages": [{"role": "user", "content": "alone"}]},
]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_chats_is_a_dialogue_an_entry(indent: int | None) -> None:
    made = read("sharegpt.json", json.dumps(ARRAY, indent=indent), speakers="numbered")
    assert [(one.part, one.text) for one in made] == [
        ("conversation-0", "<user> Hi\n<assistant> Hello"),
        ("conversation-2", "<Speaker 1> Speaker 1 asks\n<assistant> Yes, Speaker 1"),
    ]
    assert made[0].metadata["log"] == {"broken": 1, "dialogues": 3, "short": 1}
    assert made[0].metadata["divided_by"] == "source"


def test_an_array_is_known_by_its_head_alone() -> None:
    payload = json.dumps(ARRAY * 900).encode()
    assert len(payload) > 200_000
    assert len(documents(Record(path="a.json", payload=payload))) == 1800
    cut = Record(path="a.json", payload=payload[:-1], content_type="application/json")
    assert is_conversation(cut)
    with pytest.raises(Refused, match="unreadable:broken_json"):
        documents(cut)


@pytest.mark.parametrize("end", ["[" * 100_000, '{"a":' * 100_000, "9" * 10_000 + "]", "] x", ""])
def test_an_array_that_is_broken_or_too_deep_is_refused(end: str) -> None:
    record = Record(path="a.json", payload=f'[{{"messages": [{{"role": "user", "content": "x"}}]}}, {end}'.encode())
    assert is_conversation(record)
    with pytest.raises(Refused, match="unreadable:broken_json"):
        documents(record)


@pytest.mark.parametrize("text", [
    '[{"name": "tea", "price": 3}]', '[1, 2, {"messages": [{"role": "user"}]}]', '[{"messages": [{"id": 3}]}]',
    '{"messages": [{"role": "user", "content": "x"}]', "[{" * 50_000,
])  # fmt: skip
def test_other_arrays_are_no_chats(text: str) -> None:
    assert not is_conversation(Record(path="a.json", payload=text.encode()))


def test_every_dialogue_of_the_translated_lists_is_read(data: Path) -> None:
    for path in sorted((data / "conversation").glob("xdailydialog.*.txt")):
        made = read(path.name, path.read_text())
        lines = path.read_text().split("\n")[:-1]
        turns = [line.split("\t")[0].count("__eou__") for line in lines]
        assert len(made) == sum(count > 1 for count in turns) == 995
        assert [len(one.metadata["messages"]) for one in made] == turns


def test_yaml_of_many_languages_is_read_as_a_yaml_library_reads_it(data: Path) -> None:
    packed = (data / "conversation" / "chatterbot_corpus.tar.zst").read_bytes()
    unpacked = zstandard.ZstdDecompressor().stream_reader(packed).read()
    read_files = 0
    with tarfile.open(fileobj=io.BytesIO(unpacked)) as tar:
        for member in tar.getmembers():
            if not member.name.endswith(".yml") or read_files == 40:
                continue
            payload = tar.extractfile(member).read()  # type: ignore[union-attr]
            try:
                peer = yaml.load(payload, Loader=yaml.CBaseLoader)  # a peer that keeps scalars as they are written
            except yaml.YAMLError:
                continue
            made = documents(Record(path=member.name, payload=payload), min_messages=1)
            turns = [[entry] if isinstance(entry, str) else entry for entry in peer["conversations"]]
            assert [one.text.count("<Speaker") for one in made] == [len(entry) for entry in turns]
            last = "\n".join(line and f"  {line}".rstrip() for line in turns[0][-1].strip().split("\n"))
            assert made[0].text.endswith(last[2:])
            read_files += 1
    assert read_files == 40
