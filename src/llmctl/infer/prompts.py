"""Prompt files: YAML front matter and a template of turns in, messages and the text a base model reads out.

The survey's ingredients: the style and the task description (with the length limit, if there is one) go into the system
message, input data into the body, examples before it, each as the user's turn with its answer. Turns are marked
`system:`, `user:`, `assistant:` at the start of a line of the *file*: they are found before anything is filled in, so
no input can open one. Without a mark the body is one user turn; a last `assistant:` turn begins the answer.

A base model knows no chat format. Its text is what a task of eval-icl would make: turns stand a blank line apart, and
an answer follows its question after one blank.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from llmctl.errors import BadSettings, UserError
from llmctl.infer.templates import Template, compile_template
from llmctl.settings.knobs import nearest

ROLES = ("system", "user", "assistant")
MARK = re.compile(rf"^({'|'.join(ROLES)}):[ \t]*", re.MULTILINE)
FRONT = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
KEYS = ("name", "description", "inputs", "style", "examples", "output")
LATER = {  # names of the format that exist and are not built yet, by where they stand
    "": ("context", "cot", "trigger", "answer_trigger", "answer_pattern"),
    "examples": ("select", "k"),
    "output": ("extract", "choices"),
}
TYPES = ("text", "json")
TYPES_LATER = ("table", "graph", "code")


@dataclass(frozen=True)
class Message:
    """One turn, filled in."""

    role: str
    content: str


@dataclass(frozen=True)
class Turn:
    """One turn of the body."""

    role: str
    template: Template


@dataclass(frozen=True)
class PromptFile:
    """A checked prompt file."""

    path: str
    name: str
    preamble: tuple[str, ...]  # style, description, length: the beginning of the system message
    inputs: Mapping[str, str]  # name -> type
    turns: tuple[Turn, ...]
    examples: tuple[Mapping[str, object], ...]
    stop: tuple[str, ...]
    gold: str  # the column of a row that holds its right answer

    def messages(self, values: Mapping[str, object]) -> list[Message]:
        """The turns for the inputs `values` (typed and complete)."""
        system = [*self.preamble, *(t.template.render(values).strip() for t in self.turns if t.role == "system")]
        body = [Message(t.role, t.template.render(values).strip()) for t in self.turns if t.role != "system"]
        opening = [Message("system", "\n".join(filter(None, system)))] if any(system) else []
        return [*opening, *(m for example in self.examples for m in self._demonstration(example)), *body]

    def _demonstration(self, example: Mapping[str, object]) -> list[Message]:
        """The user's turns filled in with the example, then its answer."""
        asked = [Message("user", t.template.render(example).strip()) for t in self.turns if t.role == "user"]
        return [*asked, Message("assistant", str(example["answer"]))]


def text_of(messages: Sequence[Message]) -> str:
    """What a base model reads."""
    text = ""
    for message in messages:
        between = " " if message.role == "assistant" else "\n\n"
        text += (between if text else "") + message.content
    return text


def parse_prompt(source: str, path: str) -> PromptFile:
    """A prompt file from its text; what is wrong or not built exits 2 and is named."""
    front = FRONT.match(source)
    keys = _front_matter(front[1] if front else "", path)
    body = source[front.end() :] if front else source
    if source.startswith("---") and not front:
        raise BadSettings(f"{path}: the front matter has no end; close it with a line ---")
    inputs = _inputs(keys.get("inputs"), path)
    turns = _turns(body, path)
    if not any(turn.role == "user" for turn in turns):
        raise BadSettings(f"{path}: there is no user turn; write what is asked after a line that begins with user:")
    output = _table(keys.get("output"), ("format", "max_words", "stop", "gold"), "output", path)
    if output.get("format", "text") != "text":
        raise BadSettings(f"{path}: output.format {output['format']!r} is not built yet; known: text")
    prompt = PromptFile(
        path=path,
        name=str(keys.get("name") or path),
        preamble=_preamble(keys, output.get("max_words"), path),
        inputs=inputs,
        turns=turns,
        examples=_examples(keys.get("examples"), inputs, path),
        stop=_stop(output.get("stop"), path),
        gold=str(output.get("gold") or "answer"),
    )
    _check_names(turns, inputs, path)
    return prompt


def _front_matter(text: str, path: str) -> dict[str, Any]:  # Any: what YAML holds
    try:
        keys = yaml.safe_load(text) or {}
    except (yaml.YAMLError, RecursionError) as error:
        raise BadSettings(f"{path}: the front matter is not YAML: {' '.join(str(error).split())}") from None
    return _table(keys, KEYS, "", path)


def _table(found: Any, known: Sequence[str], where: str, path: str) -> dict[str, Any]:  # Any: what YAML holds
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise BadSettings(f"{path}: {where or 'the front matter'} is a table of keys; known: {', '.join(known)}")
    for key in found:
        named = f"{where}.{key}" if where else str(key)
        if key in LATER.get(where, ()):
            raise BadSettings(f"{path}: the key {named!r} is not built yet; known: {', '.join(known)}")
        if key not in known:
            raise BadSettings(f"{path}: no key {named!r}{nearest(str(key), known)}")
    return found


def _inputs(found: Any, path: str) -> dict[str, str]:  # Any: what YAML holds
    if not isinstance(found, (dict, type(None))):
        raise BadSettings(f"{path}: inputs is a table, for example inputs: {{question: {{type: text}}}}")
    return {str(name): _type(given, str(name), path) for name, given in (found or {}).items()}


def _type(given: Any, name: str, path: str) -> str:  # Any: what YAML holds
    kind = _table(given, ("type",), f"inputs.{name}", path).get("type", "text")
    if kind in TYPES_LATER:
        raise BadSettings(f"{path}: the type {kind!r} of input {name!r} is not built yet; known: {', '.join(TYPES)}")
    if kind not in TYPES:
        raise BadSettings(f"{path}: input {name!r} has no type {kind!r}{nearest(str(kind), TYPES)}")
    return str(kind)


def _preamble(keys: Mapping[str, Any], words: Any, path: str) -> tuple[str, ...]:  # Any: what YAML holds
    for name in ("style", "description"):
        if not isinstance(keys.get(name, ""), str):
            raise BadSettings(f"{path}: {name} is a text")
    if words is not None and (not isinstance(words, int) or isinstance(words, bool) or words < 1):
        raise BadSettings(f"{path}: output.max_words is a whole number above 0, not {words!r}")
    limit = f"Answer in at most {words} words." if words else ""
    return tuple(part.strip() for part in (keys.get("style", ""), keys.get("description", ""), limit) if part.strip())


def _stop(found: Any, path: str) -> tuple[str, ...]:  # Any: what YAML holds
    stops = [found] if isinstance(found, str) else found or []
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop for stop in stops):
        raise BadSettings(f'{path}: output.stop is a list of texts, for example stop: ["\\n\\n"]')
    return tuple(stops)


def _turns(body: str, path: str) -> tuple[Turn, ...]:
    marks = list(MARK.finditer(body))
    lead = body[: marks[0].start()] if marks else body
    pieces = [("user", lead)] if lead.strip() else []
    ends = [*(mark.start() for mark in marks), len(body)][1:]
    pieces += [(mark[1], body[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    return tuple(Turn(role, compile_template(text, f"{path}: {role} turn")) for role, text in pieces)


def _check_names(turns: Sequence[Turn], inputs: Mapping[str, str], path: str) -> None:
    for turn in turns:
        for name in sorted(turn.template.names - inputs.keys()):
            raise BadSettings(
                f"{path}: the body reads {name!r}, which is no input{nearest(name, inputs) or '; list it under inputs'}"
            )


def _examples(found: Any, inputs: Mapping[str, str], path: str) -> tuple[dict[str, object], ...]:  # Any: YAML
    inline = _table(found, ("inline",), "examples", path).get("inline") or []
    if not isinstance(inline, list) or not all(isinstance(example, dict) for example in inline):
        raise BadSettings(f"{path}: examples.inline is a list of tables, each with the inputs and an answer")
    return tuple(_example(example, inputs, f"{path}: example {n}") for n, example in enumerate(inline, 1))


def _example(example: Mapping[str, Any], inputs: Mapping[str, str], where: str) -> dict[str, object]:  # Any: YAML
    if "rationale" in example:
        raise BadSettings(f"{where}: the key 'rationale' is not built yet; known: {', '.join([*inputs, 'answer'])}")
    if example.get("answer") is None:
        raise BadSettings(f"{where} has no answer; write answer: ...")
    try:
        values = fill({name: value for name, value in example.items() if name != "answer"}, inputs, where)
    except UserError as error:
        raise BadSettings(str(error)) from None
    return {**values, "answer": example["answer"]}


def fill(given: Mapping[str, object], inputs: Mapping[str, str], where: str) -> dict[str, object]:
    """The inputs with their types; a missing, unknown or unfitting one exits 1 and is named."""
    for name in given:
        if name not in inputs:
            raise UserError(f"{where}: no input {name!r}{nearest(name, inputs) or '; the file has none'}")
    for name in inputs:
        if given.get(name) is None:
            raise UserError(f"{where}: the input {name!r} is missing; the file needs {', '.join(inputs)}")
    return {name: _typed(given[name], kind, f"{where}: the input {name!r}") for name, kind in inputs.items()}


def _typed(value: object, kind: str, where: str) -> object:
    if kind == "text":
        if isinstance(value, (Mapping, list)):
            raise UserError(f"{where} is not text; declare it as type: json")
        return str(value)
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{where} is not JSON: {error}") from None
