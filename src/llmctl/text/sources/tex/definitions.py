"""The commands that define, and those that look ahead: each reads its arguments off the stream and acts on the macros."""

from __future__ import annotations

from collections.abc import Callable

from llmctl.text.sources.tex.macros import MAX_PARAMETERS, Environment, Macro, Macros, join
from llmctl.text.sources.tex.stream import Stream

UNDELIMITED = ""
REMARK = ("\\comment",)  # an environment that is the package verbatim's `comment` under another name


def new_command(macros: Macros, stream: Stream) -> None:
    """`\\newcommand*{\\name}[n][default]{body}`."""
    stream.skip_star()
    name = _name(stream)
    macro = _macro(stream)
    if macro:
        macros.define(name, macro)


def provide_command(macros: Macros, stream: Stream) -> None:
    """As `\\newcommand`, where there is no such macro yet."""
    stream.skip_star()
    name = _name(stream)
    macro = _macro(stream)
    if macro and name not in macros.known:
        macros.define(name, macro)


def _name(stream: Stream) -> str:
    tokens = [token for token in stream.argument() if not token.isspace()]
    return tokens[0] if tokens else ""


def _macro(stream: Stream) -> Macro | None:
    """`[n][default]{body}`."""
    count = join(stream.optional() or []).strip()
    default = stream.optional() if count else None
    body = tuple(stream.argument())
    number = int(count) if count.isdecimal() and count.isascii() and len(count) == 1 else 0
    return Macro(body, (UNDELIMITED,) * number, default=None if default is None else tuple(default))


def define(macros: Macros, stream: Stream, *, everywhere: bool = False) -> None:
    """`\\def\\name#1.#2{body}`; a delimiter that is more than one token or one run of text makes it no macro of ours."""
    stream.skip_spaces()
    if not stream.peek().startswith("\\"):
        return
    name = stream.pop()
    parts: list[list[str]] = [[]]  # what stands before the first parameter, and after each
    while (token := stream.peek()) and token != "{":
        stream.stack.pop()
        if token == "}":
            return
        if token[0] == "#" and len(token) == 2:
            parts.append([])
        else:
            parts[-1].append(token)
    body = tuple(stream.argument())
    texts = ["".join(part) for part in parts]
    simple = all(len(part) <= 1 for part in parts) and len(parts) <= MAX_PARAMETERS + 1 and "#" not in texts
    if simple:
        macros.define(name, Macro(body, tuple(texts[1:]), prefix=texts[0].strip()), everywhere=everywhere)


def define_everywhere(macros: Macros, stream: Stream) -> None:
    """`\\gdef`."""
    define(macros, stream, everywhere=True)


def let(macros: Macros, stream: Stream) -> None:
    """`\\let\\a=\\b`: `\\a` becomes what `\\b` is, or stands for it where `\\b` is TeX's own."""
    stream.skip_spaces()
    name = stream.pop()
    stream.skip_spaces()
    if stream.peek().startswith("="):
        rest = stream.pop()[1:].lstrip()
        stream.push([rest] if rest else [])
        stream.skip_spaces()
    target = stream.pop()
    if target in ("{", "}") or not target.startswith("\\"):
        return
    meant = macros.known.get(target)
    if name != target:
        macros.define(name, meant or Macro((target,)))


def operator(macros: Macros, stream: Stream) -> None:
    """`\\DeclareMathOperator*{\\name}{text}` (amsopn)."""
    star = "*" if stream.skip_star() else ""
    name = _name(stream)
    macros.define(name, Macro(("\\operatorname" + star, "{", *stream.argument(), "}")))


def paired_delimiter(macros: Macros, stream: Stream) -> None:
    """`\\DeclarePairedDelimiter{\\name}{left}{right}` (mathtools), without its star."""
    name = _name(stream)
    left, right = stream.argument(), stream.argument()
    macros.define(name, Macro((*left, "#1", *right), (UNDELIMITED,)))


def document_command(macros: Macros, stream: Stream) -> None:
    """`\\NewDocumentCommand{\\name}{m O{x} m}{body}` (xparse), where there are only such arguments."""
    name = _name(stream)
    signature = stream.argument()
    body = tuple(stream.argument())
    kinds = "".join(join(signature).split())
    if kinds == "m" * len(kinds) and len(kinds) <= MAX_PARAMETERS:
        macros.define(name, Macro(body, (UNDELIMITED,) * len(kinds)))


def new_environment(macros: Macros, stream: Stream) -> None:
    """`\\newenvironment{name}[n][default]{begin}{end}`."""
    stream.skip_star()
    name = join(stream.argument()).strip()
    begin = _macro(stream)
    end = tuple(stream.argument())
    if begin and begin.body == REMARK:
        macros.remarks.add(name)
    elif begin and name and "\\end{" + name + "}" not in end and "\\begin{" + name + "}" not in begin.body:
        macros.environments[name] = Environment(begin, end)


def new_theorem(macros: Macros, stream: Stream) -> None:
    """`\\newtheorem{name}[counter]{Title}[counter]`."""
    stream.skip_star()
    name = join(stream.argument()).strip()
    stream.optional()
    macros.theorems[name] = stream.argument()
    stream.optional()


def if_next(macros: Macros, stream: Stream) -> None:
    """`\\@ifnextchar x{yes}{no}`, by what follows."""
    stream.skip_spaces()
    wanted = stream.argument() if stream.peek() != "[" else [stream.pop()]
    yes, no = stream.argument(), stream.argument()
    stream.skip_spaces()
    following = stream.peek()
    mark = GROUPS.get(wanted[0], wanted[0]) if wanted else ""
    _choose(stream, yes if mark and following.startswith(mark) else no)


def _choose(stream: Stream, tokens: list[str]) -> None:
    """Read one of two branches: charged as an expansion, since what looks ahead may come again."""
    if stream.charge(sum(map(len, tokens))):
        stream.push(tokens)


def if_star(macros: Macros, stream: Stream) -> None:
    """`\\@ifstar{yes}{no}`, by whether a star follows, which is taken."""
    yes, no = stream.argument(), stream.argument()
    _choose(stream, yes if stream.skip_star() else no)


AMS_TEX = {"\\define": define, "\\redefine": define}  # names that other papers give other meanings
GROUPS = {"\\bgroup": "{", "\\egroup": "}"}
DEFINITIONS: dict[str, Callable[[Macros, Stream], None]] = {
    "\\newcommand": new_command,
    "\\renewcommand": new_command,
    "\\DeclareRobustCommand": new_command,
    "\\providecommand": provide_command,
    "\\def": define,
    "\\edef": define,
    **AMS_TEX,
    "\\gdef": define_everywhere,
    "\\xdef": define_everywhere,
    "\\let": let,
    "\\DeclareMathOperator": operator,
    "\\DeclarePairedDelimiter": paired_delimiter,
    "\\NewDocumentCommand": document_command,
    "\\RenewDocumentCommand": document_command,
    "\\newenvironment": new_environment,
    "\\renewenvironment": new_environment,
    "\\newtheorem": new_theorem,
    "\\@ifnextchar": if_next,
    "\\kernel@ifnextchar": if_next,
    "\\@ifstar": if_star,
}
