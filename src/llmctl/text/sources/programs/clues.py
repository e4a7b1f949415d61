"""What content says of a language where several share an ending.

The first row whose pattern is found in the head of the file decides; a row without a pattern is what is left; where no
row fits, the ending says nothing (`.1` is a manual page only when it looks like one). Every pattern is anchored or
bounded, so time is linear. Facts are of the languages' grammars and manuals.
"""

from __future__ import annotations

import re

HEAD = 1 << 16  # characters looked at: licences of some kB come before code, nothing tells later


def _re(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.M)


OBJECTIVE_C = _re(r"^[ \t]*(?:@(?:interface|implementation|protocol|property|class|end|import|synthesize)\b|#import\b)")
CPP = _re(
    r"^[ \t]*(?:class\s+[\w:]{1,60}\s*(?:final\s*)?(?:[:{;]|$)|namespace\b[^\n;=]{0,80}(?:\{|$)|template\s*<|using\s+[\w:]|"
    r"(?:public|private|protected)\s*:|#\s*include\s*<(?:[a-z_]+|c(?:std\w+|math|string|assert))>|"
    r"(?:inline |static |explicit |virtual |friend )*constexpr\b|virtual\b)|\bstd::\w|\b(?:static|const|dynamic|reinterpret)_cast<"
)
# what a C header says to C++ compilers alone; its first branch is bounded, so time is linear
FOR_CPP = _re(
    r"^[ \t]*#[ \t]*if(?:def[ \t]+|[ \t]+defined[ \t]*\(?[ \t]*)__cplusplus\b[\s\S]{0,1500}?^[ \t]*#[ \t]*(?:endif|else)\b"
)
XML = _re(r"\A\ufeff?\s*<(?:\?xml|!DOCTYPE|TS\b|module\b)")
PROLOG = _re(r"^[^#%\n]{0,200}:-")
PERL = _re(r"^[ \t]*(?:use\s+(?:strict|warnings|v?5)|package\s+[\w:]+\s*;|sub\s+\w+|my\s+[$@%])|^=(?:pod|head1|cut)\b")
RAKU = _re(
    r"^[ \t]*(?:use\s+v6|unit\s+(?:module|class)|(?:multi\s+)?(?:method|sub)\s+\w+\s*\(.{0,80}\)\s*(?:is|returns|-->))"
)
FORTH = _re(r"^: \S|^\\ |^\( [^)\n]{0,80}\)")
ROFF = _re(r"\A(?:['.]\\\"[^\n]*\n|[ \t]*\n){0,99}[.'](?:TH|SH|Dd|Dt|so|de|nr|ie|if)\b|\A['.]\\\"")

# by ending: (language, pattern), the first that is found; None is what is left
CLUES: dict[str, list[tuple[str, re.Pattern[str] | None]]] = {
    ".h": [
        ("Objective-C", OBJECTIVE_C),
        ("C++", CPP),
        ("C", None),
    ],
    ".hh": [
        ("Hack", _re(r"\A<\?hh")),
        ("C++", None),
    ],
    ".inc": [
        ("PHP", _re(r"<\?(?:php|=)")),
        ("BitBake", _re(r"^(?:SRC_URI|RDEPENDS\S*|DEPENDS|LICENSE|inherit)\b")),
        ("Assembly", _re(r"^[ \t]*(?:\.globl|\.macro|%macro|section\b|\w+\s+(?:equ|macro)\b)")),
        ("Pascal", _re(r"^[ \t]*(?:\{\$|procedure\s|function\s|unit\s|begin$)")),
        ("HTML", _re(r"\A\s*<(?:!--|div|html|table|p|script)\b")),
        ("C++", _re(r"^[ \t]*(?:#|//|/\*|[A-Z_]{3,40}\()")),
    ],
    ".m": [
        ("Objective-C", OBJECTIVE_C),
        ("Mercury", _re(r"^:-\s*module\b")),
        ("Mathematica", _re(r"\(\*|\bBeginPackage\[|:=\s*\w+\[")),
        ("MATLAB", None),
    ],
    ".cl": [
        ("OpenCL", _re(r"\b(?:__)?kernel\s+void\b|\b__(?:global|local)\b|/\*|//")),
        ("Common Lisp", None),
    ],
    ".fs": [
        ("GLSL", _re(r"^[ \t]*(?:#version\b|precision\s+\w+|uniform\s|varying\s|layout\s*\(|void\s+main\s*\()")),
        ("Forth", FORTH),
        ("F#", None),
    ],
    ".cs": [
        ("Smalltalk", _re(r"^![\w\s]+methodsFor: ")),
        ("C#", None),
    ],
    ".bas": [
        ("VBA", _re(r"^Attribute VB_|^(?:Public|Private) (?:Sub|Function)\b|^Option Explicit")),
        ("BASIC", None),
    ],
    ".cls": [
        ("TeX", _re(r"^[ \t]*\\(?:NeedsTeXFormat|Provides(?:Expl)?Class|LoadClass|ProvidesFile|def|newcommand)|^%")),
        ("VBA", _re(r"^VERSION \d|^Attribute VB_|^Option Explicit")),
        (
            "Apex",
            _re(
                r"(?i)^[ \t]*(?:@istest|(?:global|public|private|virtual|abstract)\b.{0,60}\b(?:class|interface|enum)\b)"
            ),
        ),
    ],
    ".sc": [
        ("SuperCollider", _re(r"^[ \t]*(?:SynthDef\b|[+*]?[ \t]?\w+[ \t]?\{[ \t]*$|\|\w+\||var <)|\.play;")),
        ("Scala", None),
    ],
    ".ts": [
        ("XML", XML),
        ("TypeScript", None),
    ],
    ".rs": [
        ("XML", XML),
        ("Rust", None),
    ],
    ".d": [
        ("DTrace", _re(r"^(?:#pragma\s+D\s|\w*:\w*:\w*:\w*|BEGIN$|END$)")),
        ("D", _re(r"^[ \t]*(?:module\s+[\w.]+\s*;|import\s+[\w.]+|void\s+main|unittest\b)")),
        ("Makefile", _re(r"^[^\s:#][^\n:]{0,300}:(?:\s|$)")),
        ("D", None),
    ],
    ".v": [
        (
            "Rocq Prover",
            _re(r"^[ \t]*(?:Require\s|From\s+\w+\s+Require|Proof\.|Qed\.|Theorem\s|Lemma\s|Definition\s|Inductive\s)"),
        ),
        ("V", _re(r"^[ \t]*(?:(?:pub\s+)?fn\s|module\s+\w+\s*$|import\s+\w+\s*$|pub\s+(?:struct|enum|const)\b)")),
        ("Verilog", None),
    ],
    ".php": [
        ("Hack", _re(r"\A(?:#![^\n]*\n)?<\?hh")),
        ("PHP", None),
    ],
    ".pl": [
        ("Perl", PERL),
        ("Raku", RAKU),
        ("Prolog", PROLOG),
        ("Perl", None),
    ],
    ".pm": [
        ("Raku", RAKU),
        ("Perl", None),
    ],
    ".t": [
        ("Raku", RAKU),
        ("Perl", PERL),
    ],
    ".pro": [
        ("Prolog", PROLOG),
        ("QMake", _re(r"^[ \t]*(?:HEADERS|SOURCES|TEMPLATE|TARGET|QT|CONFIG|SUBDIRS)\b")),
    ],
    ".r": [
        ("Rebol", _re(r"(?i)^[ \t]*rebol\s*\[")),
        ("R", None),
    ],
    ".f": [
        ("Forth", FORTH),
        ("Fortran", None),
    ],
    ".for": [
        ("Forth", FORTH),
        ("Fortran", None),
    ],
    ".pp": [
        ("Puppet", _re(r"^[ \t]*(?:class\s+[\w:]+\s*(?:[({]|inherits)|node\s|define\s|\w+\s*\{\s*['\"$]|include\s)")),
        ("Pascal", None),
    ],
    ".mod": [
        ("XML", XML),
        ("Modula-2", _re(r"^[ \t]*(?:(?:IMPLEMENTATION|DEFINITION) )?MODULE\b")),
    ],
    ".ll": [
        ("Lex", _re(r"^%%|^%\{")),
        ("LLVM", None),
    ],
    ".ml": [
        ("Standard ML", _re(r"^[ \t]*(?:structure|signature|functor)\s+\w+\s*[:=(]|^[ \t]*fun\s+\w+")),
        ("OCaml", None),
    ],
    ".l": [
        ("Lex", _re(r"^%%|^%\{")),
        ("Roff", ROFF),
        ("Common Lisp", _re(r"^[ \t]*\((?:def|in-package|setq|let)")),
    ],
    ".st": [
        ("StringTemplate", _re(r"\$\w+[$.;]|^\w+\([^)\n]{0,80}\)\s*::=")),
        ("Smalltalk", None),
    ],
    ".g": [
        ("ANTLR", _re(r"^[ \t]*(?:(?:lexer |parser )?grammar\s+\w+\s*;|options\s*\{)")),
        ("GAP", _re(r"^#|:=|\bfunction\s*\(")),
    ],
    ".gd": [
        ("GAP", _re(r"^[ \t]*(?:Declare(?:Operation|Category|Attribute|Global|Property|Representation)|##)\b")),
        ("GDScript", None),
    ],
    ".p": [
        ("OpenEdge ABL", _re(r"(?i)^[ \t]*(?:define\s+(?:input|variable|temp-table)|procedure\s|find\s+first\b)")),
        ("Gnuplot", _re(r"^[ \t]*(?:s?plot\b|set\s+(?:term|output|xlabel|title))")),
    ],
    ".def": [
        ("Modula-2", _re(r"^[ \t]*DEFINITION MODULE\b")),
        ("C", _re(r"^[ \t]*(?:#|/\*|//|[A-Z_]{3,40}\s*\()")),
    ],
    ".fun": [
        ("Standard ML", _re(r"^[ \t]*(?:functor|structure)\b")),
    ],
    ".sig": [
        ("Standard ML", _re(r"^[ \t]*signature\b")),
    ],
    ".tab": [
        ("SQL", _re(r"(?i)^[ \t]*create\s+(?:or\s+replace\s+)?(?:global\s+)?table\b")),
    ],
    ".tst": [
        ("GAP", _re(r"^gap> ")),
    ],
    ".do": [
        ("Stata", _re(r"^[ \t]*(?:\*|use\s|gen\s|reg\s|clear|set\s+more|//|program\b)")),
    ],
    ".res": [
        ("ReScript", _re(r"^[ \t]*(?:let|type|module|open|external)\s+\w")),
    ],
    ".n": [
        ("Roff", ROFF),
    ],
    ".map": [
        ("JSON", _re(r"\A\s*\{\s*\"")),
    ],
    ".w": [
        ("OpenEdge ABL", _re(r"(?i)^&ANALYZE-SUSPEND|^[ \t]*define\s")),
    ],
    ".spec": [
        ("RPM Spec", _re(r"^(?:Name|Version|Release|Summary|%description)\b")),
    ],
    ".asc": [
        ("AsciiDoc", _re(r"^={1,5}\s|^:\w+:")),
    ],
    ".aux": [
        ("TeX", _re(r"\A\\relax")),
    ],
    ".command": [
        ("Shell", _re(r"\A#!")),
    ],
    ".tool": [
        ("Shell", _re(r"\A#!.{0,60}sh\b")),
    ],
    ".cgi": [
        ("Perl", PERL),
    ],
    ".ny": [
        ("Common Lisp", _re(r"^[ \t]*\(")),
    ],
    ".vs": [
        ("GLSL", _re(r"\bvoid\s+main\s*\(")),
    ],
    ".comp": [
        ("GLSL", _re(r"\bvoid\s+main\s*\(")),
    ],
    ".geom": [
        ("GLSL", _re(r"\bvoid\s+main\s*\(")),
    ],
    ".udf": [
        ("SQL", _re(r"(?i)\bcreate\b")),
    ],
    ".prc": [
        ("SQL", _re(r"(?i)\bcreate\b")),
    ],
    **{f".{section}": [("Roff", ROFF)] for section in range(1, 10)},
}


def by_clues(ending: str, head: str) -> str | None:
    """The language of a file with an ending that is in CLUES."""
    shown = FOR_CPP.sub("", head) if ending == ".h" else head
    return next((name for name, pattern in CLUES[ending] if pattern is None or pattern.search(shown)), None)
