"""Templates of tasks and prompt files: a small, bounded part of jinja2 on top of its sandbox.

In: the source a person wrote and the values of one row. Out: text. Input text is only ever a value, never a template.

The sandbox (jinja2 docs, "Sandbox") stops a template from reaching Python, not from running for ever or filling the
memory: `{% for i in range(10**9) %}`, `{{ 'a' * 10**10 }}` or sixty lines of `{% set s = s ~ s %}`. Prompts need
neither assignments nor calls, so a template is read against a list of what it may hold (nodes, filters, methods); what
remains can only grow through loops and joins, and these are counted. Cost: about 10 us a rendering.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError, Undefined, UndefinedError, meta, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from llmctl.errors import BadSettings, UserError

MAX_SOURCE = 1_000_000  # characters of a template; far above any prompt, far below what the parser chokes on
MAX_STEPS = 100_000  # rounds of all loops of one rendering; jinja2.sandbox.MAX_RANGE is the same bound for one loop
MAX_TEXT = 10_000_000  # characters of one rendering

NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.If, nodes.CondExpr, nodes.For, nodes.Filter, nodes.Test, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Neg,
    nodes.Pos, nodes.List, nodes.Tuple, nodes.Call, nodes.Keyword,
)  # fmt: skip
FILTERS = {
    "abs", "capitalize", "count", "d", "default", "first", "float", "int", "join", "last", "length", "list", "lower",
    "reverse", "round", "sort", "string", "title", "tojson", "trim", "unique", "upper", "wordcount",
}  # fmt: skip
METHODS = {"endswith", "get", "items", "keys", "lower", "lstrip", "rstrip", "split", "startswith", "strip", "title",
           "upper", "values"}  # fmt: skip
ARITHMETIC = {"*": lambda a, b: a * b, "+": lambda a, b: a + b, "-": lambda a, b: a - b, "/": lambda a, b: a / b,
              "//": lambda a, b: a // b, "%": lambda a, b: a % b}  # fmt: skip


class RefusedError(ValueError):
    """What a template may not do, in words."""


class _Environment(ImmutableSandboxedEnvironment):
    """Operators between numbers only: text is joined with `~` (counted through the size of the output)."""

    intercepted_binops = frozenset(ARITHMETIC)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # Any: values of a template
        for value in (left, right):
            if not isinstance(value, (int, float)) or abs(value) > 1e15:
                raise RefusedError(f"'{operator}' stands between numbers below 1e15 only (join text with ~)")
        return ARITHMETIC[operator](left, right)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return (attr in METHODS or isinstance(obj, LoopContext)) and super().is_safe_attribute(obj, attr, value)


def _to_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)  # jinja2's own escapes <, > and & for HTML


def _join(values: Iterable[object], separator: str = "") -> str:
    texts = [str(value) for value in values]
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_TEXT:
        raise RefusedError(f"a join longer than {MAX_TEXT} characters")
    return separator.join(texts)


def _shown(value: object) -> object:
    if value is None or isinstance(value, (str, int, float, Undefined)):
        return "" if value is None else value
    raise RefusedError("a list or an object is not text; write it with | tojson or | join(', ')")


ENVIRONMENT = _Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True, finalize=_shown)
ENVIRONMENT.filters = {name: ENVIRONMENT.filters[name] for name in sorted(FILTERS)} | {
    "tojson": _to_json,
    "join": _join,
}
ENVIRONMENT.globals = {}


class _Steps:
    """Counts the rounds of all loops of one rendering."""

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def __call__(self) -> str:
        self.left -= 1
        if self.left < 0:
            raise RefusedError(f"more than {MAX_STEPS} rounds of its loops")
        return ""


def compile_template(source: str, where: str) -> Template:
    """A template from its source; what is wrong or not allowed in it exits 2 and names `where` and the line."""
    if len(source) > MAX_SOURCE:
        raise BadSettings(f"{where}: the template is longer than {MAX_SOURCE} characters")
    try:
        tree = ENVIRONMENT.parse(source)
        _check(tree, where)
        names = meta.find_undeclared_variables(tree)
        for loop in tree.find_all(nodes.For):
            loop.body.insert(0, nodes.Output([nodes.Call(nodes.Name("_step", "load"), [], [], None, None)]))
        return Template(where, frozenset(names), ENVIRONMENT.from_string(tree).root_render_func)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        raise BadSettings(f"{where}: {f'line {line}: ' if line else ''}{_sentence(error)}") from None
    except (
        RecursionError,
        ValueError,
        MemoryError,
        SyntaxError,
    ) as error:  # from the parser, on absurd nesting or numbers
        raise BadSettings(f"{where}: the template cannot be read ({type(error).__name__.lower()})") from None


def _check(tree: nodes.Template, where: str) -> None:
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        reason = _forbidden(node)
        if reason:
            raise BadSettings(f"{where}: line {node.lineno}: {reason} is not allowed in a template")
        waiting.extend(node.iter_child_nodes())


def _forbidden(node: nodes.Node) -> str | None:
    """What the node is that a template may not hold, or None."""
    if type(node) not in NODES:
        return f"{type(node).__name__.lower()!r}"
    if isinstance(node, nodes.For) and (node.recursive or node.test):
        return "a recursive or filtered loop (put an if inside)"
    if isinstance(node, nodes.Filter) and node.name not in ENVIRONMENT.filters:
        return f"the filter {node.name!r} (known: {', '.join(ENVIRONMENT.filters)})"
    if isinstance(node, nodes.Name) and node.name.startswith("_"):
        return f"the name {node.name!r}"
    if isinstance(node, nodes.Getattr) and node.attr.startswith("_"):
        return f"the attribute {node.attr!r}"
    if isinstance(node, nodes.Call) and not (isinstance(node.node, nodes.Getattr) and node.node.attr in METHODS):
        return f"a call (known methods: {', '.join(sorted(METHODS))})"
    return None


class Template:
    """A checked template: `names` are the variables that it reads."""

    def __init__(self, where: str, names: frozenset[str], blocks: Callable[[Any], Iterable[str]]) -> None:
        self.where = where
        self.names = names
        self._blocks = blocks

    def render(self, values: Mapping[str, object]) -> str:
        """The text for `values`; a value that is missing or does not fit raises UserError."""
        context = _new_context(self.where, values)
        pieces, length = [], 0
        try:
            for piece in self._blocks(context):
                pieces.append(piece)
                length += len(piece)
                if length > MAX_TEXT:
                    raise RefusedError(f"more than {MAX_TEXT} characters of text")
        except UndefinedError as error:
            raise UserError(f"{self.where}: {_sentence(error)}") from None
        except (SecurityError, TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            # the last five: a value of the row that does not fit what the template does with it
            raise UserError(f"{self.where}: the template cannot be rendered: {_sentence(error)}") from None
        return "".join(pieces)


def _new_context(
    where: str, values: Mapping[str, object]
) -> Any:  # Any: jinja2.runtime.Context, made by its environment
    return ENVIRONMENT.context_class(ENVIRONMENT, {**values, "_step": _Steps()}, where, {})


def _sentence(error: Exception) -> str:
    text = str(error).strip().rstrip(".") or type(error).__name__
    return " ".join(text.split())
