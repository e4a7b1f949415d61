"""Hostile TeX: nothing hangs, grows or fails; and what must not change the text does not."""

from __future__ import annotations

import gzip
import io
import tarfile
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmctl.text.sources import scientific
from llmctl.text.sources.record import Record, Refused
from llmctl.text.sources.scientific import documents, is_scientific
from llmctl.text.sources.tex import packing
from llmctl.text.sources.tex.reading import FREE, GROWTH
from llmctl.text.sources.tex.tokens import tokenize

BEGIN, END = "\\documentclass{article}\\begin{document}", "\\end{document}"
MAX_SECONDS = 6.0  # for what a linear reader does in under 1.5


def read(source: str) -> str:
    """The text of TeX; empty where it is refused."""
    try:
        return documents(Record(path="a.tex", payload=source.encode("utf-8", "replace")))[0].text
    except Refused:
        return ""


N = 5_000
HOSTILE = {
    "itself": "\\def\\a{\\a}" + "\\a " * N,
    "each_other": "\\def\\a{\\b}\\def\\b{\\a}" + "\\a\\b " * N,
    "by_argument": "\\def\\x#1{#1{#1}}\\x\\x" + "text " * N,
    "doubling": "".join(f"\\def\\{chr(98 + i)}{{\\{chr(97 + i)}\\{chr(97 + i)}}}" for i in range(24))
    + "\\def\\a{xxxxxxxx}$\\y$ \\y",
    "long_arguments": "\\def\\a#1{#1#1#1#1}" + "\\a{" * 30 + "x" * 10_000 + "}" * 30,
    "many_parameters": "\\def\\a#1{" + "#1" * N * 10 + "}\\a{" + "x{}" * N * 3 + "}",
    "looking": "\\makeatletter\\def\\a{\\@ifnextchar x{\\a}{\\a}}\\a" + "y" * N,
    "groups": "{" * N + "x" + "}" * N,
    "open_groups": "\\emph{" * N,
    "open_arguments": "\\vspace{" * N,
    "open_options": "\\cite[" * N,
    "open_footnotes": "\\footnote{x" * N,
    "open_sections": "\\section{" * N,
    "open_environments": "".join(f"\\begin{{e{i}}}" for i in range(N)),
    "dropped_environments": "\\begin{tikzpicture}x" * N,
    "open_figures": "\\begin{figure}\\caption{" * N,
    "ends": "\\end{itemize}" * N,
    "nested_lists": "\\begin{itemize}\\item " * N * 4,
    "nested_quotes": "\\begin{quote}\\begin{enumerate}\\item x" * N + "\\end{quote}\\item y" * N,
    "nested_theorems": "\\begin{theorem}\\begin{itemize}\\item x\n\n" * N,
    "nested_listings": "\\begin{itemize}\\item " * N + "\\begin{verbatim}\n" + "x\n" * N * 4 + "\\end{verbatim}",
    "open_and_ends": "".join(f"\\begin{{e{i}}}" for i in range(N * 4)) + "\\end{x}\\item " * N * 4,
    "theorems_by_title": "\\newtheorem{a}{" + "x" * N * 4 + "}" + "\\begin{a}\\end{a}" * N,
    "aliases": "\\defcitealias{a}{" + "x" * N * 4 + "}" + "\\citetalias{a} " * N,
    "items": "\\begin{itemize}" * 300 + "\\item x" * N,
    "dollars": "$" * N + "x",
    "open_maths": "\\[ {" * N,
    "open_displays": "\\begin{align}x" * N,
    "conditionals": "\\iffalse" * N,
    "open_if": "\\iftrue\\ifx ab" * N,
    "else": "\\else\\fi" * N,
    "verbatim": "\\begin{verbatim}" * N,
    "verb": "\\verb|" * N,
    "percent": "%" * N + "\n" * N + "% \n" * N,
    "spaces": (" " * N + "\n") * 10 + "x" + " " * N,
    "backslashes": "\\" * N,
    "definitions": "\\def\\a#1#2" * N,
    "delimiters": "\\def\\a#1!{#1}" + "\\a x" * N,
    "chain": "".join(f"\\def\\m{chr(97 + i // 676)}{chr(97 + i // 26 % 26)}{chr(97 + i % 26)}{{x}}" for i in range(17_000)),
    "redefinitions": "\\def\\a{x}\\a " * N,
    "accents": "\\'{" * N,
    "nested_accents": "\\'\\\"\\^" * N,
    "inputs": "\\input{a}" * N,
    "brackets": "[" * N + "\\item[" * N,
    "tabular": "\\begin{tabular}{c}&&\\\\" * 2000,
    "newif": "\\newif\\ifa \\atrue \\ifa" * N,
    "lets": "\\let\\a\\b \\let\\b\\a \\a\\b" * N,
    "titles": "\\title " * N,
    "parameters": "#1##2###" * N,
    "catcodes": "\\catcode`\\@=11 " * N,
    "one_word": "x" * (N * 20),
    "chapters": "\\documentclass[" * N,
    "natbib": "\\bibitem[" * N,
    "backquotes": "`" * N + "'" * N,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_tex_ends_soon_and_stays_small(name: str) -> None:
    source = BEGIN + HOSTILE[name] + END
    start = time.process_time()
    found = read(source)
    assert time.process_time() - start < MAX_SECONDS
    assert len(found) <= (GROWTH + 2) * len(source) + 2 * FREE


def test_a_macro_that_calls_itself_is_named() -> None:
    found = documents(Record(path="a.tex", payload=f"{BEGIN}\\def\\a{{x\\b}}\\def\\b{{\\a}}$\\a$ y{END}".encode()))[0]
    assert found.text == "$\\a$ y"
    assert found.metadata["recursive_macros"] == ["\\a"]


def test_files_that_include_each_other_end() -> None:
    parts = {
        "m.tex": f"{BEGIN}m \\input{{a}} n{END}".encode(),
        "a.tex": b"a \\input{b} \\input{m}",
        "b.tex": b"b \\input{a}",
    }
    assert documents(Record(path="m.tex", parts=parts))[0].text == "m a b n"


def test_a_file_may_not_be_included_for_ever() -> None:
    parts = {"m.tex": f"{BEGIN}{chr(92)}input{{a}}".encode() + b"\\input{a}" * 10_000, "a.tex": b"word " * 10_000}
    assert len(documents(Record(path="m.tex", parts=parts))[0].text) < 20 * sum(map(len, parts.values())) + FREE


def test_a_bomb_of_gzip_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        packing.unpack(gzip.compress(b" " * 10_001), limit=10_000)
    assert (caught.value.reason, caught.value.value, caught.value.high) == ("too_large", 10_001, 10_000)
    assert packing.unpack(gzip.compress(b" " * 10_000), limit=10_000) == b" " * 10_000


def test_more_tex_than_a_paper_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MAX_TEXT", 100)
    monkeypatch.setattr(scientific, "MAX_TEXT", 100)
    files = {"a.tex": BEGIN.encode() + b"x" * 90 + END.encode(), "b.tex": b"y" * 200, "c.png": b"\x89PNG" * 99}
    for record in (Record(path="a.tex", parts=files), Record(path="a.tex", payload=files["a.tex"])):
        with pytest.raises(Refused) as caught:
            documents(record)
        assert (caught.value.reason, caught.value.high) == ("too_large", 100)
    assert (
        documents(Record(path="c.tex", parts={"c.tex": b"short $x$", "c.png": b"\x89PNG" * 99}))[0].text == "short $x$"
    )


def test_a_tar_with_too_many_members_is_read_to_the_limit() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(packing.MAX_MEMBERS + 50):
            archive.addfile(tarfile.TarInfo(f"{number}.tex"))
    assert len(packing.members(out.getvalue())) == packing.MAX_MEMBERS


PIECES = r"""\begin{document} \end{document} \documentclass{article} \def\a \def\a#1 \newcommand{\b}[1] \a \b {#1} { } [ ] $ $$
    \[ \] \( \) \begin{align} \end{align} \begin{itemize} \item \end{itemize} \item[x] \section{ \section*{A} \footnote{ \cite{
    \ref{x} % \n \iffalse \iftrue \else \fi \ifx \newif\ifq \qtrue \input{a} \verb|x| \verb \begin{verbatim} \end{verbatim}
    \begin{figure} \caption{ \end{figure} \begin{tabular} & \\ \\[1pt] \' \" \c \ss \let\a\b \let = ~ # #1 ##1 \begin \end
    \begin{thebibliography} \bibitem{ \end{thebibliography} \newenvironment{e}{ \begin{e} \end{e} \appendix \title{ \author{
    \abstract{ \ensuremath{ \@ifnextchar \@ifstar \mathchoice \newtheorem{t}{T} \begin{t} \end{t} \vskip 1pt \csname \bye
    \usepackage{a} \left \right x word \acknowledgments \endinput \url{x#1} \begin{comment} \end{comment} \par \texorpdfstring
    \makeatletter \xspace * \heading \endheading \proclaim \ifthenelse \equal \defcitealias \citetalias{a} \unknown{"""
WORDS = st.sampled_from(sorted(set(PIECES.split())))
SOUP = st.lists(WORDS | st.text(max_size=5), max_size=60).map(lambda words: " ".join(words).replace("\\n", "\n"))


@given(SOUP, st.booleans())
@settings(max_examples=50, deadline=None)
def test_any_soup_of_tex_is_read(soup: str, whole: bool) -> None:
    source = BEGIN + soup + END if whole else soup
    found = read(source)
    assert "\0" not in found
    assert len(found) <= (GROWTH + 2) * len(source) + 2 * FREE
    assert read(source) == found


@given(st.binary(max_size=2000), st.sampled_from(["2611.01234.gz", "a.tex", "a.gz", ""]))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, path: str) -> None:
    for payload in (data, gzip.compress(data), gzip.compress(data)[:-1], b"\\documentclass{article}" + data):
        record = Record(path=path, payload=payload)
        is_scientific(record)
        try:
            documents(record)
        except Refused as refused:
            assert refused.reason in ("type", "empty", "unreadable:gzip", "unreadable:truncated")


@given(st.integers(0, 3000), st.binary(min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_a_damaged_tar_is_read_or_refused(place: int, damage: bytes) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in ("a.tex", "b/c.tex"):
            member = tarfile.TarInfo(name)
            member.size = len(BEGIN)
            archive.addfile(member, io.BytesIO(BEGIN.encode()))
    data = out.getvalue()
    record = Record(path="2611.01234.gz", payload=gzip.compress(data[:place] + damage + data[place + len(damage) :]))
    is_scientific(record)
    try:
        documents(record)
    except Refused as refused:
        assert refused.reason in ("type", "empty")


@given(st.text(alphabet=st.characters(exclude_characters="\\%\0"), max_size=300))
@settings(max_examples=50, deadline=None)
def test_tokens_lose_nothing_but_white_space(source: str) -> None:
    assert "".join("".join(tokenize(source)).split()) == "".join(source.split())


def test_keywords_are_those_that_the_settings_know() -> None:
    assert list(scientific.documents.__kwdefaults__) == ["floats", "appendices"]
