"""A file of code -> why it is no code that a person wrote: the first rule of the table that it breaks.

Rules are rows: the removal reason, a name, a measure (a number), its limit, and the languages that it judges. Numbers are
those of the filters of CodeParrot, StarCoder and StarCoder2, changed where they take code that people wrote: on the
662 files of shared/data/code, of which each that a rule takes was read, and on installed packages
(benchmarks/code_sources.py). Costs 60 ms a megabyte.

Sources: [CP] CodeParrot's and [SC] StarCoder's filters in bigcode-dataset/preprocessing/filtering.py; [SC2] StarCoder 2,
arXiv:2402.19173, 3.1; [L] Linguist's generated.rb and vendor.yml.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import re2

from llmctl.text.sources.programs.languages import Language

PROSE = ("prose", "page")  # kinds of languages of which rules of code do not hold


@dataclass(frozen=True)
class SourceFile:
    """A file to be judged."""

    path: str
    text: str
    language: Language

    @cached_property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @cached_property
    def encoded(self) -> list[int]:
        """The lengths of runs of encoded data."""
        return [end - start for start, end in (match.span() for match in ENCODED.finditer(self.text))]

    @cached_property
    def lengths(self) -> list[int]:
        return [len(line) for line in self.text.split("\n")]


@dataclass(frozen=True)
class Rule:
    """One reason to remove a file: `measure` above `high` or below `low`, for files that `judges` names."""

    reason: str
    name: str
    measure: Callable[[SourceFile], float]
    high: float | None = None
    low: float | None = None
    judges: Callable[[Language], bool] = lambda language: True


@dataclass(frozen=True)
class Broken:
    """A rule that a file breaks, and the value that broke it."""

    rule: Rule
    value: float


# Directories that package managers and people fill with the code of others [L]; `dist` only of what browsers read
VENDORED = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|jspm_packages|vendors?|_vendor|third[-_]?party|3rd[-_]?party|Godeps|Pods|Carthage|"
    r"site-packages|dist-packages|\.?venv|\.tox|\.yarn|\.bundle|extern(?:al)?s?|web_modules)/"
)
BUILT = re.compile(r"(?:^|/)dist/")
FOREIGN_NAMES = re.compile(  # files of others that are copied into projects [L]
    r"(?:jquery|bootstrap|angular|prototype|modernizr|mootools|underscore|backbone|d3|react|vue|raphael|ckeditor|tinymce|"
    r"font-?awesome|normalize|html5shiv|respond)(?:[-.](?:ui|core|all|custom|slim|bundle|v?\d[\w.]*|min|pack|prod(?:uction)?))*\.(?:js|css|scss)|"
    r"gradlew(?:\.bat)?|mvnw(?:\.cmd)?|MavenWrapperDownloader\.java|config\.(?:guess|sub)|install-sh|depcomp|missing|ltmain\.sh|"
    r"ax_\w+\.m4|pkg\.m4|libtool\.m4|lt\w+\.m4"
)
WEB = frozenset(["JavaScript", "TypeScript", "TSX", "CSS", "SCSS", "Less", "HTML", "Vue", "JSON"])
LOCK_FILES = frozenset([
    "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "deno.lock", "composer.lock",
    "Cargo.lock", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "Gemfile.lock", "Podfile.lock", "go.sum",
    "go.work.sum", "flake.lock", "mix.lock", "pubspec.lock", "packages.lock.json", "Package.resolved", "gradle.lockfile",
    ".terraform.lock.hcl", "conan.lock",
])  # fmt: skip
GENERATED_NAMES = re.compile(  # endings that compilers of interfaces, designers and bundlers give [L]
    r".*(?:_pb2(?:_grpc)?\.pyi?|\.pb\.(?:go|cc|h|swift)|\.pb-c\.[ch]|\.(?:g|freezed|gr|mocks)\.dart|\.[dD]esigner\.(?:cs|vb)|\.g\.(?:i\.)?cs|"
    r"\.generated\.\w{1,5}|\.(?:js|css)\.map|\.min\.map|_generated\.(?:go|ts|py|rs)|\.xcodeproj/.*|\.feature\.cs|_string\.go)|zz_generated\..*|"
    r"aclocal\.m4|configure|moc_\w+\.cpp|ui_\w+\.h|qrc_\w+\.cpp|parser\.out|parsetab\.py|_version\.py"
)
MARKER_LINES = 10  # [SC2] looks at 5. Measured on 8,000 files: 851 marks in 5 lines, 2 more in 10, 9 in 40 (3 are none)
MARKER_WIDTH = 300  # characters of a line that are looked at
MARKERS = re.compile(
    r"""
      ^\W{0,20}(?:this|the)\s(?:\w+\s){0,2}?(?:file|code|class|module|header|source|content|document|script)\s(?:is|was|are|were|has\sbeen|have\sbeen)\s(?:\w+\s)?(?:auto(?:matically)?[-\s]?)?generated\b
    | ^\W{0,20}(?:code|content|contents|file|files)\s(?:is\s|was\s)?(?:auto(?:matically)?[-\s]?)?generated\b
    | ^\W{0,20}(?:auto[-\s]?|automatically\s)generated\b(?!\s(?:\w+\s)?(?:tests?|docs?|documentation)\b)
    | ^\W{0,20}generated\s(?:automatically|by\s(?!hand|the\s')|from\s|with\s``)
    | ^\W{0,20}\w[^\n]{0,80}?\bgenerated\s(?:automatically\s)?(?:by|from)\s[^\n]{0,120}?\bdo\snot\s(?:edit|modify)\b
    | (?:^|\s)@generated(?:$|\s)
    | <auto-?generated\b
    | \bdo\snot\s(?:edit|modify|change)\s(?:this\sfile|by\shand|manually|directly|it\b|the\sgenerated)
    """,
    re.I | re.X | re.M,
)
NOT_THE_FILE = r"ABOVE|BELOW|BETWEEN|BEYOND|WITHOUT|FURTHER|(?:THE|THIS|THESE) (?:NEXT |FOLLOWING )?(?:LINES?|SECTION)"
SHOUTED = re.compile(rf"\bDO NOT (?:EDIT|MODIFY)\b(?! (?:{NOT_THE_FILE}))")
MINIFIED_NAMES = re.compile(r".*(?:[.-]min|\.bundle|\.chunk|\.prod(?:uction)?\.min)\.(?:js|mjs|cjs|css)")
LONG_LINE = 1000  # characters [CP]
MIN_JUDGED = 2000  # characters; the one line of a short file says nothing. Measured: none of 31 such files is minified
ALWAYS_DATA = frozenset(["CSV", "TSV", "SVG", "Jupyter Notebook", "Diff", "Gemfile.lock", "Go Checksums"])
BY_LINES = frozenset(
    ["JSON", "XML", "JSON5", "JSON with Comments", "Graphviz (DOT)", "edn", "Gettext Catalog", "Java Properties"]
)
MAX_DATA_LINES = 512  # [SC2] of JSON and DOT; we add XML, which [SC] drops whole, and message catalogues
MAX_YAML_LINES = 2000  # [SC2] says 512, which takes workflows that people wrote (one of 36 here has 635)
MAX_DATA_CHARACTERS = 51_200  # 512 lines of 100 characters, the limits of [SC2] and [CP] together
# encoded data [SC2]: base64, bytes in hexadecimal, escaped code points
ENCODED = re2.compile(
    r"[A-Za-z0-9+/]{64,}={0,2}|(?:(?:0x|\\x|\\u)?[0-9a-fA-F]{2}(?:[0-9a-fA-F]{2})?(?:[,;\s]{1,12})?){16,}"
)
MAX_ENCODED_RUN = 1024  # characters of one run of encoded data [SC2]
MAX_ENCODED_SHARE = 0.5  # of the file [SC2]
MIN_ALPHANUMERIC = 0.25  # [CP]
BLANKS = " \t\n\r\f"
NUMBER_LINE = re.compile(r"[\s,;:(){}\[\]+\-.\"'0-9a-fA-FxXuUlLeEnN_]*")
MAX_NUMBER_LINES = 0.8  # of the lines that hold something; measured: tests have up to .77, tables of constants from .9
MIN_NUMBER_LINES = 100  # lines; a short table belongs to the code around it


def _marks(file: SourceFile) -> float:
    """The line, from 1, in which a generator says so; 0 where none does."""
    for number, line in enumerate(file.text.split("\n", MARKER_LINES)[:MARKER_LINES], 1):
        if MARKERS.search(line[:MARKER_WIDTH]) or SHOUTED.search(line[:MARKER_WIDTH]):
            return number
    return 0


def _mean_line(file: SourceFile) -> float:
    return len(file.text) / len(file.lengths) if len(file.text) >= MIN_JUDGED else 0


def _long_lines(file: SourceFile) -> float:
    return sum(length for length in file.lengths if length > LONG_LINE) / max(len(file.text), 1)


def _encoded_share(file: SourceFile) -> float:
    return sum(file.encoded) / len(file.text) if len(file.text) >= MIN_JUDGED else 0


def _alphanumeric(file: SourceFile) -> float:
    """Of the characters that are not blank: indentation is no sign of data, though [CP] counts it."""
    filled = len(file.text) - sum(map(file.text.count, BLANKS))
    return sum(map(str.isalnum, file.text)) / filled if filled >= MIN_JUDGED else 1


def _number_lines(file: SourceFile) -> float:
    """The share of lines that hold numbers and nothing else."""
    lines = [line for line in file.text.split("\n") if line.strip()]
    if len(lines) < MIN_NUMBER_LINES:
        return 0
    return sum(any(map(str.isdigit, line[:200])) and bool(NUMBER_LINE.fullmatch(line)) for line in lines) / len(lines)


def _in(names: Collection[str]) -> Callable[[Language], bool]:
    return lambda language: language.name in names


def _is_code(language: Language) -> bool:
    return language.kind not in PROSE


def _has_lines(language: Language) -> bool:
    """[SC2] leaves HTML, JSON, Markdown, Roff, SMT, TeX, text and XML out of the limits on lines."""
    return language.kind == "program" and language.name != "SMT"


RULES = [
    Rule("vendored", "vendored directory", lambda f: len(VENDORED.findall(f.path)), high=0),
    Rule("vendored", "built directory", lambda f: len(BUILT.findall(f.path)), high=0, judges=_in(WEB)),
    Rule("vendored", "vendored file", lambda f: bool(FOREIGN_NAMES.fullmatch(f.name)), high=0),
    Rule("generated", "lock file", lambda f: f.name in LOCK_FILES, high=0),
    Rule("generated", "generated file", lambda f: bool(GENERATED_NAMES.fullmatch(f.name)), high=0),
    Rule("generated", "marker line", _marks, high=0, judges=_is_code),
    Rule("minified", "minified file", lambda f: bool(MINIFIED_NAMES.fullmatch(f.name)), high=0),
    Rule("minified", "mean line", _mean_line, high=100, judges=_has_lines),
    Rule("minified", "long lines", _long_lines, high=0.5, judges=_has_lines),
    Rule("data_like", "data language", lambda f: f.language.name in ALWAYS_DATA, high=0),
    Rule("data_like", "data lines", lambda f: len(f.lengths), high=MAX_DATA_LINES, judges=_in(BY_LINES)),
    Rule("data_like", "YAML lines", lambda f: len(f.lengths), high=MAX_YAML_LINES, judges=_in(("YAML",))),
    Rule("data_like", "data characters", lambda f: len(f.text), high=MAX_DATA_CHARACTERS, judges=_in(BY_LINES)),
    Rule("data_like", "encoded run", lambda f: max(f.encoded, default=0), high=MAX_ENCODED_RUN, judges=_is_code),
    Rule("data_like", "encoded share", _encoded_share, high=MAX_ENCODED_SHARE, judges=_is_code),
    Rule("data_like", "alphanumeric", _alphanumeric, low=MIN_ALPHANUMERIC, judges=_is_code),
    Rule("data_like", "number lines", _number_lines, high=MAX_NUMBER_LINES, judges=_is_code),
]  # fmt: skip
REASONS = tuple(dict.fromkeys(rule.reason for rule in RULES))


def broken(file: SourceFile, reasons: Collection[str] = REASONS) -> Broken | None:
    """The first rule of the table that the file breaks, of those with one of `reasons`."""
    for rule in RULES:
        if rule.reason in reasons and rule.judges(file.language):
            value = float(rule.measure(file))
            if (rule.high is not None and value > rule.high) or (rule.low is not None and value < rule.low):
                return Broken(rule, value)
    return None
