"""Turn lists -> dialogues: lines of turns that `__eou__` ends, YAML of ChatterBot, messages of chat rows and arrays.

Nothing is disentangled here: a dialogue stands apart in its source, and each turn answers the one before. YAML is read
as a stream of events, never as objects: no tag is resolved (a turn `yes` stays a word, `12` its digits), an alias is
refused, depth is what the format needs, so time and memory are linear in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from llmctl.text.sources import formats
from llmctl.text.sources.chat.message import Dialogue, Message
from llmctl.text.sources.chat.transcript import speaker_of
from llmctl.text.sources.pages.html import clean

TURN_END = "__eou__"  # of DailyDialog (Li et al. 2017) and its translations; labels follow behind tabs
FIRST, SECOND = "Speaker 1", "Speaker 2"  # the turns of a list without names alternate
LISTED = re.compile(r"^conversations:[ \t]*(?:#.*)?$\n(?:^[ \t]*(?:#.*)?$\n){0,50}^[ \t]*-[ \t]", re.M)
CATEGORIES = re.compile(r"^categories:", re.M)
MAX_DEPTH, ENTRY = 8, 3  # of YAML: collections open at once, and within the turns of a conversation
# names of ShareGPT and its like for the roles of the chat API
ROLES = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "model": "assistant", "bot": "assistant"}
FIELDS = (("messages", "role", "content"), ("conversations", "from", "value"), ("messages", "from", "value"),
          ("conversations", "role", "content"))  # fmt: skip
# the beginning of a file that is one array of such rows (ShareGPT); what lies before the first messages is bounded by the head
ARRAY = re.compile(r"\s{0,64}\[\s{0,64}\{")
TURNS = re.compile(
    r'"(?:messages|conversations)"\s{0,64}:\s{0,64}\[\s{0,64}\{\s{0,64}"(?:role|from|content|value|name)"\s{0,64}:'
)
TEXTS = ("text", "input_text", "output_text")  # types of parts of a content that are text


def of_turns(turns: list[str]) -> list[Message]:
    """Turns without names: two speakers by turns."""
    return [Message(i, (FIRST, SECOND)[i % 2], turn) for i, turn in enumerate(turns)]


def is_turn_line(line: str) -> bool:
    """Whether a line holds turns: it ends with the mark, labels behind a tab aside, or has it twice; prose names it."""
    line = line.partition("\t")[0].rstrip()
    return line.endswith(TURN_END) or line.count(TURN_END) > 1


def read_lines(text: str) -> list[Dialogue]:
    """A conversation a line."""
    found = []
    for number, line in enumerate(text.split("\n")):
        turns = [" ".join(turn.split()) for turn in line.split("\t")[0].split(TURN_END)]
        if any(turns):
            kept = of_turns(turns[:-1] if not turns[-1] else turns)
            found.append(Dialogue(kept, None, f"line-{number}", {"line": number}))
    if len(found) == 1:  # a reader gave this line alone, and knows where it stands
        found[0].part, found[0].notes = "", {}
    return found


def read_yaml(text: str) -> tuple[list[Dialogue], int]:
    """The conversations of a YAML file with its categories as tags, and the count of entries that are none."""
    tags: list[str] = []
    found: list[Dialogue] = []
    broken = 0
    for key, entry in _entries(text):
        if key == "categories" and len(entry) == 1 and isinstance(entry[0], str):
            tags.append(entry[0])
        elif key == "conversations":
            if all(isinstance(turn, str) for turn in entry):
                found.append(Dialogue(of_turns([str(turn).strip() for turn in entry]), None, ""))
            else:
                broken += 1
    for number, dialogue in enumerate(found):
        dialogue.part, dialogue.notes = f"conversation-{number}", {"tags": tags} if tags else {}
    return found, broken


class BrokenYaml(Exception):
    """A file that is no YAML, or one with aliases or too deep."""


def _entries(text: str) -> Iterator[tuple[str, list[str | None]]]:
    """Each entry of a list at the top, with its key: the turns of it, None for one that is no scalar."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth, key, entry = 0, "", list[str | None]()
    try:
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.AliasEvent) or depth > MAX_DEPTH:
                raise BrokenYaml
            if isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
                if depth == ENTRY - 1:
                    yield key, entry
                continue
            value = event.value if isinstance(event, yaml.ScalarEvent) else None
            if depth == 1:  # a value that is no list of entries is taken for a key, and never for one that is read
                key = value or key
            elif depth == ENTRY - 1 and value is not None:
                yield key, [value]
            elif depth == ENTRY - 1:
                entry = []
            elif depth == ENTRY and isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
                entry.append(value)
            depth += isinstance(event, yaml.CollectionStartEvent)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BrokenYaml from error


def row_messages(given: Mapping[str, Any]) -> tuple[list[Any], str, str] | None:
    """The messages of a chat row and the names of their fields; None of what is no chat. (Any: what JSON holds.)

    An empty list is a chat without messages where the row has nothing else to be.
    """
    for column, who, what in FIELDS:
        rows = given.get(column)
        if isinstance(rows, list) and any(isinstance(row, Mapping) and who in row for row in rows):
            return rows, who, what
    silent = [column for column in formats.CHATS if given.get(column) == []]
    others = {name: value for name, value in given.items() if name not in silent}
    return ([], "", "") if silent and not formats.holds_text(others) else None


def read_row(given: Mapping[str, Any]) -> tuple[Dialogue, list[str]]:
    """The dialogue of a chat row, and the names of people in it (roles are none); messages without text are left out."""
    rows, who, what = row_messages(given) or ([], "", "")
    messages, names = [], []
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            continue
        text = "\n".join(filter(None, [_text_of(row.get(what)), *_calls(row)])).strip()
        role = str(row.get(who) or "")
        speaker = speaker_of(clean(str(row.get("name") or ROLES.get(role.lower(), role))))
        if text:
            messages.append(Message(place, speaker, text))
        if row.get("name"):
            names.append(speaker)
    return Dialogue(messages), names


class BrokenJson(Exception):
    """A file that is no array of JSON, or one nested too deep."""


def is_array(head: str) -> bool:
    """Whether a text begins as an array of chat rows does."""
    return bool(ARRAY.match(head)) and bool(TURNS.search(head))


def read_array(text: str) -> tuple[list[Dialogue], list[str], int]:
    """The dialogues of a text that `is_array` knows, the names of people in them, and the count of entries that are no chats."""
    try:
        rows: list[object] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenJson from error
    found, names, broken = [], list[str](), 0
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping) or not row_messages(row):
            broken += 1
            continue
        dialogue, people = read_row(row)
        dialogue.part = f"conversation-{number}"
        found.append(dialogue)
        names += people
    return found, names, broken


def _text_of(content: object) -> str:
    """The text of a content: a string, or the parts of it that are text."""
    if isinstance(content, str):
        return clean(content)
    if not isinstance(content, list):
        return ""
    parts = [part if isinstance(part, str) else _part(part) for part in content]
    return clean("\n".join(part for part in parts if part))


def _part(part: object) -> str:
    if not isinstance(part, Mapping) or part.get("type", "text") not in TEXTS:
        return ""
    text = part.get("text")
    return text if isinstance(text, str) else ""


def _calls(row: Mapping[str, Any]) -> Iterator[str]:
    """Calls of tools as text: `name(arguments)`."""
    calls = row.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function", call) if isinstance(call, Mapping) else None
        if isinstance(function, Mapping) and isinstance(function.get("name"), str):
            arguments = function.get("arguments", "")
            if not isinstance(arguments, str):
                arguments = _as_json(arguments)
            yield clean(f"{function['name']}({arguments})")


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return ""
