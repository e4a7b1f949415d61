"""Scientific text: papers in TeX, as arXiv's bulk files, folders or single files have them -> their text, maths as LaTeX.

In: one `.tex`, a gzip of one or of a tar of a project, or the files of a project as `parts`. Out: one document with
headings, paragraphs, lists, formulas as written with the paper's macros expanded; without comments, references,
thanks, layout. Our own reader of TeX (`tex/`): peers fork pandoc or latexpand per paper, or cut with patterns and lose papers
that have no `\\section`. Costs about half a second a megabyte.
"""

from __future__ import annotations

import codecs
import posixpath
import re

from llmctl.text.sources import formats
from llmctl.text.sources.record import Document, Record, Refused
from llmctl.text.sources.tex.packing import GZIP, MAX_TEXT, is_tar, is_text, members, names, unpack, unpacked_head
from llmctl.text.sources.tex.paper import Policy
from llmctl.text.sources.tex.project import Project, declared_encoding, main_files
from llmctl.text.sources.tex.reading import read
from llmctl.text.sources.tex.tokens import words

TEX_SUFFIXES = (".tex", ".ltx", ".latex")
TEX_TYPES = ("text/x-tex", "application/x-tex", "application/x-latex", "text/x-latex")
START = re.compile(
    rb"^[^%\n]{0,200}?\\(?:documentclass|documentstyle|begin ?\{document\}|input\s{0,3}amstex|magnification)", re.M
)
# where a file of any name begins as a document: a sentence about these commands has words behind them
FIRST = re.compile(
    rb"\\(?:(?P<style>documentclass|documentstyle)\s{0,9}(?:\[[^\]]{0,2000}\]\s{0,9})?\{[^{}]{1,100}\}|input\s{0,3}amstex(?:\.tex)?"
    rb"|magnification[ ]?=?[ ]?(?:\d|\\magstep)[ ]?\w{0,6})[ \t]{0,99}(?:\[[^\]]{0,99}\][ \t]{0,99})?(?:[\r\n%\\]|$)"
)
BEGINS = re.compile(rb"\\begin\s{0,9}\{document\}|\\(?:document|topmatter)(?![a-zA-Z])")
REMARKS = re.compile(rb"(?:[ \t\r]*(?:%[^\n]*)?\n)*[ \t]*")  # and empty lines
COMMAND = re.compile(rb"\\[a-zA-Z]{2,}")
PEEK = 1 << 20  # bytes of an archive in which its kind is seen
MIN_COMMANDS = 3  # different ones, for text to be TeX
# https://info.arxiv.org/help/arxiv_identifier.html
ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|cond-mat|cs|dg-ga|funct-an|"
    "gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|"
    "quant-ph|solv-int|supr-con"
)
ARXIV_ID = re.compile(
    r"(?:^|/)(\d{4}\.\d{4,5}(?:v\d{1,3})?)(?=\.|/|$)"
    rf"|(?:^|/)((?:{ARCHIVES})(?:\.[A-Z]{{2}})?)/?(\d{{7}}(?:v\d{{1,3}})?)(?=\.|/|$)"
)
PDF, HTML = b"%PDF-", re.compile(rb"\s{0,100}<(?:!doctype|html)", re.I)
WITHDRAWN = re.compile(
    r"(?:paper|article|submission|manuscript)\s(?:has been|is|was)\s(?:temporarily\s)?withdrawn", re.I
)
MAX_NOTICE = 1500  # characters; a text as short as this that speaks of withdrawal says nothing else


def is_scientific(record: Record) -> bool:
    """Whether a record is a paper in TeX: by its name and its first bytes, for an archive by the names of its members."""
    if record.text is not None:
        return _is_tex(record.path, record.text[: formats.HEAD].encode("utf-8", "replace"))
    if record.payload.startswith(GZIP) or is_tar(record.payload):
        return _is_submission(record)
    payload = record.payload or record.parts.get(record.path, b"")
    if (record.content_type or "").split(";")[0].strip().lower() in TEX_TYPES:
        return True
    return _is_tex(record.path, payload[: formats.HEAD])


def _is_tex_name(path: str) -> bool:
    return path.lower().endswith(TEX_SUFFIXES)


def _is_tex(path: str, head: bytes) -> bool:
    """A file named so that looks like TeX, or one that begins as a document does."""
    if formats.is_binary(head):
        return False
    if _is_tex_name(path):
        return bool(START.search(head)) or len(set(COMMAND.findall(head))) >= MIN_COMMANDS
    head = head.removeprefix(codecs.BOM_UTF8)
    remarks = REMARKS.match(head)
    found = FIRST.match(head, remarks.end() if remarks else 0)
    return found is not None and (not found["style"] or bool(BEGINS.search(head)))


def _is_submission(record: Record) -> bool:
    """A gzip or a tar named as arXiv names papers, or that holds TeX."""
    head = unpacked_head(record.payload, formats.HEAD)
    if is_tar(head):
        return bool(arxiv_id(record.path)) or _holds_paper(record.payload)
    if arxiv_id(record.path):
        return bool(head.startswith(PDF) or HTML.match(head)) or _is_tex("paper.tex", head)
    return _is_tex(record.path.removesuffix(".gz"), head)


def _holds_paper(payload: bytes) -> bool:
    """Whether a tar is a paper, not a program that has one beside it: most of its first files are a paper's."""
    found = names(unpacked_head(payload, PEEK))
    sources = [path for path in found if posixpath.splitext(path)[1].lower() in PAPER_SUFFIXES]
    return any(_is_tex_name(path) for path in found) and len(sources) > len(found) / 2


PAPER_SUFFIXES = words(
    ".tex .ltx .latex .sty .cls .bst .bbl .bib .eps .ps .pdf .png .jpg .jpeg .gif .svg .tikz .clo .def .ist .txt .dat .toc .aux"
)


def arxiv_id(path: str) -> str | None:
    """The identifier in a name such as `2611/2611.01234.gz` or `hep-th/9901001.gz`."""
    found = ARXIV_ID.search(path)
    if not found:
        return None
    return found[1] or f"{found[2]}/{found[3]}"


def documents(record: Record, *, floats: str = "captions", appendices: bool = True) -> list[Document]:
    """The paper of a record; `floats`: captions, drop or keep figures and tables; `appendices`: whether they stay.

    Raises `Refused`: `type` (PDF or HTML in place of TeX), `empty` (nothing left, or a notice of withdrawal),
    `too_large`, `unreadable:gzip`, `unreadable:truncated`.
    """
    files, main = _files(record)
    size = sum(map(len, files.values()))
    if size > MAX_TEXT:
        raise Refused("too_large", value=float(size), high=float(MAX_TEXT))
    project = Project(files)
    project.encoding = declared_encoding(part.decode("latin-1") for part in files.values())
    found = read(project, main, Policy(floats, appendices))
    if not found.text.strip() or _is_notice(found.text):
        raise Refused("empty")
    name = arxiv_id(record.path)
    if name:
        found.metadata["path"] = name
    return [Document(found.text, found.metadata, url=record.url or (f"https://arxiv.org/abs/{name}" if name else None))]


def _is_notice(text: str) -> bool:
    return len(text) <= MAX_NOTICE and bool(WITHDRAWN.search(text))


def _main(files: dict[str, bytes]) -> str:
    mains = main_files(files)
    if not mains:
        raise Refused("type" if files else "empty")
    return mains[0]


def _files(record: Record) -> tuple[dict[str, bytes], str]:
    """The files of the paper by path, and which of them is its main file."""
    if record.parts:
        own = {record.path: record.payload} if record.payload else {}
        files = {path: data for path, data in {**own, **record.parts}.items() if is_text(path)}
        return files, record.path if record.path in files else _main(files)
    if record.text is not None:
        return {"main.tex": record.text.encode("utf-8", "replace")}, "main.tex"
    data = unpack(record.payload)
    if not data.strip(b"\0 \r\n\t"):
        raise Refused("empty")
    if is_tar(data):
        files = members(data)
        return files, _main(files)
    if formats.is_binary(data[: formats.HEAD]) or HTML.match(data):
        raise Refused("type")
    name = posixpath.basename(record.path).removesuffix(".gz") or "main.tex"
    return {name: data}, name
