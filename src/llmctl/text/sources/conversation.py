"""Conversations in six formats -> one document a dialogue: a message a line, `<speaker> text`.

Logs of IRC with a reply graph (an annotation file beside them) are divided by it; those without are disentangled where
more than two people speak; lists of turns, YAML of ChatterBot, chat rows and arrays of them come divided. A new format is a row of
FORMATS: how it is known, and how it is read. Every document says which messages it holds (`messages`, numbers in the
source) and what its record holds besides (`log`), so that nothing is lost unseen. About 7 000 messages a second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from llmctl.text.sources import charset, formats
from llmctl.text.sources.chat import irc, pauses, replies, turns
from llmctl.text.sources.chat.message import Dialogue, Log
from llmctl.text.sources.chat.policies import POLICIES
from llmctl.text.sources.chat.signs import is_log
from llmctl.text.sources.chat.traits import Traits, traits_of
from llmctl.text.sources.chat.transcript import NAMES, NUMBERED, SPEAKERS, Known, People, speakers_of, write
from llmctl.text.sources.pages import html
from llmctl.text.sources.record import Document, Record, Refused

ANNOTATION = ".annotation.txt"
TEXT_TYPES = ("", "text/plain", "text/x-log", "text/yaml", "application/yaml", "application/x-yaml", "text/x-yaml",
              "application/json", "application/octet-stream")  # fmt: skip
YAML_NAMES = (".yml", ".yaml")
MIN_TURN_LINES = 0.8  # of a list: lines that are turns
PAIR = 2  # people: their log is one dialogue


@dataclass(slots=True)
class Read:
    """What a record holds: its dialogues, what divided them, the names in it, and the counts that go into `log`."""

    dialogues: list[Dialogue]
    how: str
    names: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Format:
    """One format: how a record of it is known (by its path, and the beginning of its text), and how it is read."""

    name: str
    matches: Callable[[Record, str], bool]
    read: Callable[[Record, str], Read]  # from the record and its text


def is_conversation(record: Record) -> bool:
    """Whether the record is surely a conversation: by its columns, else by its first 64 kB."""
    return _format_of(record) is not None


def documents(
    record: Record, *, policy: str = "component", speakers: str = NAMES, min_messages: int = 2
) -> list[Document]:
    """The dialogues of a record; refused as `empty` (no message) or `messages` (none of at least `min_messages`).

    `policy` lays a dialogue out (policies.py), after `min_messages` judged it; `speakers` is names or numbered.
    """
    assert policy in POLICIES and speakers in SPEAKERS, "settings are checked before the first record"
    text, name = _text(record)
    read = (_format_of(record) or LOG_FORMAT).read(record, text)  # where a user forces the kind, a text is a log
    said = [dialogue for dialogue in read.dialogues if any(message.text for message in dialogue.messages)]
    if not said:
        raise Refused("empty")
    kept = [dialogue for dialogue in said if len(dialogue.messages) >= min_messages]
    if not kept:
        raise Refused("messages", max(len(dialogue.messages) for dialogue in said), low=min_messages)
    counts = {
        **read.counts,
        "dialogues": len(said),
        "short": sum(len(dialogue.messages) for dialogue in said if len(dialogue.messages) < min_messages),
        "empty": sum(len(dialogue.messages) for dialogue in read.dialogues) - sum(len(one.messages) for one in said),
    }
    shared: dict[str, object] = {
        "log": {name: count for name, count in counts.items() if count},
        "divided_by": read.how,
        **({"charset": name} if name else {}),
    }
    known = Known(read.names) if speakers == NUMBERED else None
    return [one for dialogue in kept for one in _documents(dialogue, policy, known, shared)]


def _documents(dialogue: Dialogue, policy: str, known: Known | None, shared: dict[str, object]) -> list[Document]:
    layouts = POLICIES[policy](dialogue)
    made = []
    for layout in layouts:
        messages = [message for _, message in layout]
        who = speakers_of(messages)
        people = People(who, known) if known else None
        metadata = {
            **dialogue.notes,
            **shared,
            "messages": [message.place for message in messages],
            "speakers": list(dict.fromkeys(map(people.number, who))) if people else who,
        }
        part = dialogue.part
        if len(layouts) > 1 or policy == "atomic":
            part = f"{part}-m{messages[0].place}" if part[:1] != "m" else f"m{messages[0].place}"
        made.append(Document(write(layout, people), metadata, part))
    return made


def _format_of(record: Record) -> Format | None:
    head = _head(record)
    return next((found for found in FORMATS if found.matches(record, head)), None)


def _head(record: Record) -> str:
    """The first lines of a text, whole ones where one ends; empty for what is no text."""
    if record.text is not None:
        return html.clean(record.text[: formats.HEAD])
    declared = (record.content_type or "").split(";")[0].strip().lower()
    head = record.payload[: formats.HEAD]
    if declared not in TEXT_TYPES or not head or formats.is_binary(head):
        return ""
    text = html.clean(charset.decode(head, record.content_type)[0])
    return text[: text.rfind("\n") + 1] or text if len(record.payload) > formats.HEAD else text


def _text(record: Record) -> tuple[str, str | None]:
    """The text of a record, and its charset where it came as bytes."""
    if record.text is not None or not record.payload:
        return html.clean(record.text or ""), None
    text, name = charset.decode(record.payload, record.content_type)
    return html.clean(text), name


def _is_row(record: Record, _: str) -> bool:
    found = turns.row_messages(record.given)
    return found is not None and (bool(found[0]) or record.text is None)


def _read_row(record: Record, _: str) -> Read:
    dialogue, names = turns.read_row(record.given)
    return Read([dialogue], "source", names)


def _is_turn_list(_: Record, head: str) -> bool:
    lines = [line for line in head.split("\n") if line.strip()]
    return bool(lines) and sum(map(turns.is_turn_line, lines)) >= MIN_TURN_LINES * len(lines)


def _read_turn_list(_: Record, text: str) -> Read:
    return Read(turns.read_lines(text), "source")


def _is_yaml(record: Record, head: str) -> bool:
    named = record.path.lower().endswith(YAML_NAMES)
    return named and bool(turns.LISTED.search(head)) and bool(turns.CATEGORIES.search(head))


def _read_yaml(_: Record, text: str) -> Read:
    try:
        dialogues, broken = turns.read_yaml(text)
    except turns.BrokenYaml:
        raise Refused("unreadable:broken_yaml") from None
    return Read(dialogues, "source", counts={"broken": broken})


def _is_array(_: Record, head: str) -> bool:
    return turns.is_array(head)


def _read_array(_: Record, text: str) -> Read:
    try:
        dialogues, names, broken = turns.read_array(text)
    except turns.BrokenJson:
        raise Refused("unreadable:broken_json") from None
    return Read(dialogues, "source", list(dict.fromkeys(names)), {"broken": broken})


def _is_log(record: Record, head: str) -> bool:
    return bool(head and _annotations(record)) or is_log(head)


def _annotations(record: Record) -> list[bytes]:
    return [part for path, part in record.parts.items() if path.endswith(ANNOTATION)]


def _read_log(record: Record, text: str) -> Read:
    log = irc.read_log(text)
    names = [*speakers_of(log.messages), *(name for _, *pair in log.renames for name in pair)]
    counts = {
        "messages": len(log.messages),
        "system": len(log.system),
        "unknown": len(log.unknown),
        "joined": log.joined,
    }
    links, broken = _annotated(record)
    if links:
        dialogues = replies.dialogues(log.messages, links)
        counts["outside"] = len(log.messages) - sum(len(dialogue.messages) for dialogue in dialogues)
        return Read(dialogues, "annotation", names, {**counts, "broken": broken})
    if len({message.speaker.lower() for message in log.messages}) <= PAIR:
        whole = [Dialogue(log.messages, None, f"m{log.messages[0].place}")] if log.messages else []
        return Read(whole, "source", names, counts)
    traits = traits_of(log)
    named = traits.named()
    if pauses.is_short(log.messages, named):
        return Read(pauses.divided(log.messages), "pauses", names, counts)
    links = pauses.without_singles(log.messages, found_links(log, traits), named)
    return Read(replies.dialogues(log.messages, links), "disentangling", names, counts)


def found_links(log: Log, traits: Traits) -> replies.Links:
    """The reply graph of a log that has none, as an annotation would have it."""
    from llmctl.text.sources.chat.disentangle import antecedents  # compiled kernels: other records do not wait for them

    places = [message.place for message in log.messages]
    return [(places[j], places[i]) for i, j in enumerate(antecedents(log, traits))]


def _annotated(record: Record) -> tuple[replies.Links, int]:
    links: replies.Links = []
    broken = 0
    for part in _annotations(record):
        some, bad = replies.read_links(html.clean(part.decode("ascii", "replace")))
        links, broken = links + some, broken + bad
    return links, broken


LOG_FORMAT = Format("log", _is_log, _read_log)
FORMATS = (
    Format("rows", _is_row, _read_row),
    Format("turns", _is_turn_list, _read_turn_list),
    Format("yaml", _is_yaml, _read_yaml),
    Format("array", _is_array, _read_array),
    LOG_FORMAT,
)
