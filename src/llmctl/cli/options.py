"""From knobs to options: the signature that typer sees is made from the settings dataclass and the shared options.

Every value arrives as text and is read by `settings.knobs`, so an option, a TOML key and `--set` share one error.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import Annotated, Any, get_origin

import typer

from llmctl.cli.table import Command
from llmctl.errors import BadSettings
from llmctl.settings import presets
from llmctl.settings.how import How
from llmctl.settings.knobs import Knob, Size, knobs, nest, resolve

SHORT = {"workers": "-j", "force": "-f", "dry_run": "-n"}
DOOR = {
    "preset": (list[str], [], "a bundle of knobs, repeatable; option > preset > default", "NAME|FILE.toml", None),
    "set": (list[str], [], "any knob by its dotted name, repeatable", "KEY=VALUE", None),
    "json": (bool, False, "one JSON object on stdout", None, None),
    "quiet": (bool, False, "no progress, no next step", None, "-q"),
    "verbose": (bool, False, "tracebacks for errors too", None, "-v"),
    "no_color": (bool, False, "no colours (NO_COLOR is honoured too)", None, None),
    "sample": (str, "3", "rows to show", "N", None),
    "step": (str, None, "the step, from 0", "N", None),
    "tokenizer": (list[str], [], "fertility: a tokenizer.json to measure, repeatable", "FILE", None),
    "at": (str, None, "tokens: the document at this position among all ids, from 0", "POSITION", None),
    "document": (str, None, "tokens: the document with this id", "ID", None),
}
METAVARS = {int: "N", float: "X", str: "TEXT", Size: "SIZE"}


def option_name(name: str) -> str:
    """`max_steps` -> `--max-steps`; a trailing underscore (a Python keyword) is dropped."""
    return "--" + name.rstrip("_").replace("_", "-")


def stage_options(command: Command) -> list[Knob]:
    """The knobs of a command's settings that are options."""
    return [k for k in knobs(settings_class(command)) if k.option] if command.settings else []


def shared_options(command: Command) -> list[Knob]:
    """The shared options that apply to a command."""
    return [k for k in knobs(How) if k.name in command.shared]


def settings_class(command: Command) -> type:
    """The command's settings dataclass (its module is standard library only)."""
    found: type = load(command.settings)
    return found


def load(place: str) -> Any:  # Any: a class or a function named in the table
    """`module:name` -> the object."""
    module, _, name = place.partition(":")
    return getattr(__import__(module, fromlist=[name]), name)


def signature(command: Command, action: Callable[..., None]) -> Callable[..., None]:
    """`action(**values)` as a function whose parameters are the command's arguments and options."""
    parameters: list[inspect.Parameter] = []
    kind: Any
    if command.sources:
        many = "..." in command.sources or " " in command.sources
        kind = Annotated[
            list[str] if many else str, typer.Argument(metavar=command.sources.strip("[]"), show_default=False)
        ]
        parameters.append(_parameter("sources", kind, [] if command.sources[0] == "[" else inspect.Parameter.empty))
    if command.out:
        kind = Annotated[
            str | None, typer.Option("-o", "--out", metavar=command.out, help="the new artifact", show_default=False)
        ]
        parameters.append(_parameter("out", kind, None))
    for found in (*stage_options(command), *shared_options(command)):
        parameters.append(_knob_parameter(found))
    door = ("preset", "set") if command.settings else ()
    for name in (*command.extra, *door, "json", "quiet", "verbose", "no_color"):
        kind, default, help, metavar, short = DOOR[name]
        names = [n for n in (short, option_name(name)) if n]
        kind = kind | None if default is None else kind
        parameters.append(
            _parameter(
                name,
                Annotated[kind, typer.Option(*names, help=help, metavar=metavar, show_default=name == "sample")],
                default,
            )
        )

    def called(**values: Any) -> None:
        action(**values)

    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {p.name: p.annotation for p in parameters}
    called.__doc__ = f"{command.summary}\n\n{_epilog(command)}"
    return called


def _parameter(name: str, kind: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)


def _knob_parameter(found: Knob) -> inspect.Parameter:
    names = [n for n in (SHORT.get(found.name), option_name(found.name)) if n]
    help = found.help + _default_text(found)
    if found.kind is bool:
        flags = names if not found.default else [f"{option_name(found.name)}/--no-{option_name(found.name)[2:]}"]
        return _parameter(found.name, Annotated[bool | None, typer.Option(*flags, help=help, show_default=False)], None)
    many = get_origin(found.kind) is tuple
    metavar = found.metavar or (
        "|".join(found.choices) if found.choices and not many else METAVARS.get(found.kind, "VALUE")
    )
    kind = list[str] if many else str | None
    return _parameter(
        found.name,
        Annotated[kind, typer.Option(*names, help=help, metavar=metavar, show_default=False)],
        [] if many else None,
    )


def _default_text(found: Knob) -> str:
    if found.default in (None, (), False, "") or isinstance(found.default, dict):
        return ""
    shown = ",".join(map(str, found.default)) if isinstance(found.default, tuple) else found.default
    return f" [{shown}]"


def _epilog(command: Command) -> str:
    """Examples and the keys for --set; `\\b` keeps the lines as they are."""
    lines = ["\b", "Examples:", *(f"  {e}" for e in command.examples)]
    if command.settings:
        keys = [line for k in knobs(settings_class(command)) if not k.option for line in _key_lines(k, "")]
        if keys:
            lines += ["", "\b", "Keys for --set and presets:", *keys]
    return "\n".join(lines)


def _key_lines(found: Knob, above: str) -> list[str]:
    name = f"{above}{found.name}"
    if isinstance(found.kind, type) and is_dataclass(found.kind):
        return [line for k in knobs(found.kind) for line in _key_lines(k, f"{name}.")]
    if isinstance(found.default, Mapping):
        return [f"  {name}.NAME  {found.help}"]
    default = ",".join(map(str, found.default)) if isinstance(found.default, tuple) else found.default
    return [f"  {name}={'' if default is None else default}  {found.help}"]


def read_settings(command: Command, values: Mapping[str, Any]) -> Any:  # Any: the command's settings object
    """Options over --set over presets over defaults, as the command's settings."""
    layers = [load(command.below)(values)] if command.below else []
    layers += layers_of(command.name.partition(" ")[0], values)
    layers.append(
        {k.name: _given(k, values[k.name]) for k in stage_options(command) if values[k.name] not in (None, [])}
    )
    return resolve(settings_class(command), layers)


def layers_of(stage: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What `--preset` and `--set` say of a stage, lowest first."""
    layers = [presets.load(name, stage) for name in values["preset"]]
    return [*layers, nest(dict(_pair(text) for text in values["set"]))]


def _given(found: Knob, value: Any) -> Any:
    """The words of an option: a list is split at commas, a table's bare value is the row of all the rest."""
    if isinstance(found.default, Mapping):
        return {"all": value}
    if isinstance(value, list) and found.split:
        return [item for text in value for item in text.split(",") if item]
    return value


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise BadSettings(f"--set {text!r} is not KEY=VALUE")
    return name, value


def read_how(command: Command, values: Mapping[str, Any]) -> How:
    """The shared options that were given."""
    given = {k.name: k for k in shared_options(command) if values[k.name] not in (None, [])}
    return resolve(How, [{name: values[name] for name in given}])
