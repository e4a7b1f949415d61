"""The example files, which readers of the documentation see, become just these documents."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import ROOT

from llmctl.text.sources.conversation import documents, is_conversation
from llmctl.text.sources.record import Document, Record, Refused

PLACE = ROOT / "examples" / "sources" / "conversation"
GRAPH = "garden.annotation.txt"


def read(name: str, parts: dict[str, bytes], **settings: Any) -> list[Document]:  # Any: settings of the kind
    record = Record(path=name, payload=(PLACE / name).read_bytes(), parts=parts)
    assert is_conversation(record)
    return documents(record, **settings)


def test_the_garden_is_divided_by_its_graph() -> None:
    graph = {GRAPH: (PLACE / GRAPH).read_bytes()}
    assert [one.metadata["messages"] for one in read("garden.raw.txt", graph)] == [
        [1, 3, 6, 8, 9, 11, 13], [2, 4, 7, 10, 12],
    ]  # fmt: skip
    assert [one.metadata["messages"] for one in read("garden.raw.txt", graph, policy="all-paths")] == [
        [1, 3, 6, 8, 11], [9, 13], [2, 4, 7, 10, 12],
    ]  # fmt: skip


def test_the_garden_is_divided_alike_without_its_graph() -> None:
    assert [one.metadata["messages"] for one in read("garden.raw.txt", {})] == [
        [1, 3, 6, 8, 9, 11, 13], [2, 4, 7, 10, 12],
    ]  # fmt: skip


def test_the_workshop_is_two_dialogues() -> None:
    bread, chain = read("workshop.log", {})
    assert bread.text.split("\n")[-1] == "<pia> /me schickt jan ein Rezept"
    assert (bread.metadata["messages"], chain.metadata["messages"]) == ([1, 3, 6, 8], [2, 4, 7, 9])
    assert bread.metadata["log"] == {"messages": 8, "system": 2, "dialogues": 2}


def test_the_turns_are_a_dialogue_a_line() -> None:
    made = read("turns.txt", {})
    assert [one.part for one in made] == ["line-0", "line-1"]
    assert made[1].text == "<Speaker 1> 图书馆今天开门吗？\n<Speaker 2> 开到六点。\n<Speaker 1> 谢谢！"


def test_the_greetings_keep_their_words_and_their_category() -> None:
    made = read("greetings.yml", {})
    assert [one.text.split("\n")[-1] for one in made] == ["<Speaker 1> Yes", "<Speaker 2> 12"]
    assert made[0].metadata["tags"] == ["greetings"]


CHATS = [
    "<system> Answer in one sentence.\n<mia> How do I list files by size?\n<assistant> Run this:\n\n      ls -lS",
    "<user> Is it raining in Rome?\n<assistant> I cannot see the weather.",
    '<user> What is the weather?\n<assistant> weather({"place": "Rome"})\n<tool> sun, 24 C\n<assistant> Sunny.',
    "empty",
]


@pytest.mark.parametrize("number", range(4))
def test_each_chat_is_a_dialogue_or_empty(number: int) -> None:
    line = (PLACE / "chats.jsonl").read_text(encoding="utf-8").split("\n")[number]
    try:
        (made,) = documents(Record(given=json.loads(line)))
        assert made.text == CHATS[number]
    except Refused as refused:
        assert refused.reason == CHATS[number]
