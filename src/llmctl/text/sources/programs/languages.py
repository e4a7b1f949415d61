"""The table of languages: their names, and the file names, endings and interpreters by which files are known.

Names are those of GitHub Linguist, which data sets of code use too. A new language is a row. An ending in several rows
is decided by content (`clues`). `kind`: `program` is code, `data` is read as code and judged more strictly, `prose` and
`page` (HTML) are documents of other sources unless a row of a code data set or `--source code` says otherwise.
Facts are those of the languages' own documentation and of Linguist's languages.yml.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """A language; `endings`, `names` (of files), `runs` (interpreters) and `also` (further labels) are words."""

    name: str
    endings: str = ""
    names: str = ""
    runs: str = ""
    also: str = ""
    kind: str = "program"


LANGUAGES = [
    Language("Python", ".py .pyi .pyw .py3 .wsgi .gyp", "SConstruct SConscript wscript .pythonrc",
             "python pypy pythonw", "py"),
    Language("Cython", ".pyx .pxd .pxi"),
    Language("Starlark", ".bzl .star", "BUILD BUILD.bazel WORKSPACE WORKSPACE.bazel MODULE.bazel BUCK Tiltfile",
             also="bazel"),
    Language("C", ".c .h .cats .idc", runs="tcc", also="c-language"),
    Language("C++", ".cpp .cc .cxx .c++ .hpp .hh .hxx .h++ .h .ipp .tpp .txx .inl .inc .ino .cppm .ixx",
             also="cpp cplusplus"),
    Language("Objective-C", ".m .h", also="objc objectivec obj-c"), Language("Objective-C++", ".mm", also="objc++"),
    Language("Cuda", ".cu .cuh"), Language("OpenCL", ".opencl .cl"),
    Language("GLSL", ".glsl .vert .frag .geom .tesc .tese .comp .fs .vs"), Language("HLSL", ".hlsl .hlsli .fx .fxh"),
    Language("WGSL", ".wgsl"), Language("Metal", ".metal"),
    Language("C#", ".cs .csx .cake", runs="dotnet-script", also="csharp c-sharp"),
    Language("F#", ".fs .fsi .fsx", also="fsharp f-sharp"),
    Language("Visual Basic .NET", ".vb .vbhtml", also="vb.net visual-basic"), Language("VBA", ".bas .cls .frm .vba"),
    Language("VBScript", ".vbs"), Language("Java", ".java .jav", runs="java"),
    Language("Kotlin", ".kt .kts .ktm", runs="kotlin"), Language("Scala", ".scala .sbt .sc", runs="scala"),
    Language("Groovy", ".groovy .grt .gvy", "Jenkinsfile", "groovy"), Language("Gradle", ".gradle"),
    Language("Clojure", ".clj .cljs .cljc .cljx .boot", "riemann.config", "bb clojure"),
    Language("edn", ".edn", kind="data"), Language("Apex", ".apex .trigger .cls"),
    Language("JavaScript", ".js .mjs .cjs .jsx .es6 .jsm", "Jakefile", "node nodejs qjs rhino gjs", "js ecmascript"),
    Language("TypeScript", ".ts .mts .cts", runs="deno bun ts-node tsx", also="ts"), Language("TSX", ".tsx"),
    Language("CoffeeScript", ".coffee .cson .iced", "Cakefile", "coffee"), Language("Vue", ".vue"),
    Language("Svelte", ".svelte"), Language("Astro", ".astro"), Language("Dart", ".dart", runs="dart"),
    Language("Go", ".go", also="golang"), Language("Go Module", "", "go.mod", also="gomod"),
    Language("Go Checksums", "", "go.sum go.work.sum", kind="data"),
    Language("Rust", ".rs", runs="rust-script cargo", also="rs"), Language("Swift", ".swift", runs="swift"),
    Language("Zig", ".zig .zon"), Language("Nim", ".nim .nims .nimble"), Language("Crystal", ".cr", runs="crystal"),
    Language("D", ".d .di", runs="rdmd", also="dlang"), Language("DTrace", ".d", runs="dtrace"),
    Language("V", ".v .vv", "v.mod"), Language("Odin", ".odin"), Language("Hare", ".ha"),
    Language("Haxe", ".hx .hxsl"), Language("ActionScript", ".as"), Language("Vala", ".vala .vapi"),
    Language("Ruby", ".rb .rake .gemspec .ru .rbw .podspec .jbuilder .thor",
             "Gemfile Rakefile Vagrantfile Podfile Guardfile Capfile Brewfile Fastfile Dangerfile .irbrc",
             "ruby jruby rake macruby", "rb"),
    Language("Gemfile.lock", "", "Gemfile.lock", kind="data"),
    Language("PHP", ".php .php3 .php4 .php5 .phps .phpt .phtml .inc", "", "php"),
    Language("Hack", ".hack .hh .hhi .php", runs="hhvm"),
    Language("Perl", ".pl .pm .t .plx .perl .psgi .cgi", "cpanfile Makefile.PL Build.PL", "perl cperl"),
    Language("Raku", ".raku .rakumod .p6 .pm6 .pl6 .t .pm .pl", runs="raku perl6", also="perl6"),
    Language("Prolog", ".prolog .pro .plp .pl", runs="swipl yap"),
    Language("Lua", ".lua .rockspec .nse .wlua", "", "lua luajit"), Language("Luau", ".luau"),
    Language("MoonScript", ".moon", runs="moon"), Language("Fennel", ".fnl"),
    Language("R", ".r .rd .rsx", ".Rprofile", "Rscript littler"), Language("Rebol", ".reb .rebol .r", runs="rebol"),
    Language("Julia", ".jl", runs="julia"), Language("MATLAB", ".m .matlab", also="octave"),
    Language("Mathematica", ".wl .wls .mathematica .m", also="wolfram"), Language("Mercury", ".m .moo"),
    Language("Stan", ".stan"), Language("SAS", ".sas"), Language("Stata", ".do .ado .doh .mata"),
    Language("Fortran", ".f .for .f77 .fpp"), Language("Fortran Free Form", ".f90 .f95 .f03 .f08", also="fortran90"),
    Language("Pascal", ".pas .dpr .lpr .pp .inc .dfm", runs="instantfpc", also="delphi"),
    Language("Ada", ".adb .ads .ada"), Language("COBOL", ".cob .cbl .cobol .ccp .cpy"),
    Language("Modula-2", ".mod .def"), Language("Oberon", ".ob2"), Language("BASIC", ".bas"),
    Language("AutoHotkey", ".ahk .ahkl"), Language("Assembly", ".asm .s .nasm .a51 .inc", also="asm"),
    Language("LLVM", ".ll"), Language("WebAssembly", ".wat .wast"), Language("Verilog", ".v .veo .vh"),
    Language("SystemVerilog", ".sv .svh"), Language("VHDL", ".vhd .vhdl .vho"),
    Language("Rocq Prover", ".v .coq", also="coq"), Language("Lean", ".lean", also="lean-4"),
    Language("Agda", ".agda"), Language("Idris", ".idr .lidr"), Language("Isabelle", ".thy"), Language("TLA", ".tla"),
    Language("SMT", ".smt2 .smt .z3"), Language("Haskell", ".hs .hsc .hs-boot", "", "runghc runhaskell"),
    Language("Literate Haskell", ".lhs"), Language("Cabal Config", ".cabal", "cabal.config cabal.project"),
    Language("Elm", ".elm"), Language("PureScript", ".purs"),
    Language("OCaml", ".ml .mli .eliom .mll .mly", "", "ocaml"), Language("Reason", ".re .rei"),
    Language("ReScript", ".res .resi"), Language("Standard ML", ".sml .sig .fun .ml"),
    Language("Erlang", ".erl .hrl .escript .app.src", "rebar.config", "escript"),
    Language("Elixir", ".ex .exs", runs="elixir"), Language("Gleam", ".gleam"),
    Language("Common Lisp", ".lisp .lsp .asd .cl .l .ny", "", "sbcl clisp ecl ccl"),
    Language("Emacs Lisp", ".el", ".emacs Cask", "emacs"),
    Language("Scheme", ".scm .ss .sld .sls .sps", runs="guile gosh chicken csi"),
    Language("Racket", ".rkt .rktd .scrbl", runs="racket"), Language("Forth", ".fth .4th .forth .f .fs .for"),
    Language("Factor", ".factor"), Language("APL", ".apl .dyalog"), Language("J", ".ijs"),
    Language("Smalltalk", ".st .cs"), Language("StringTemplate", ".st"),
    Language("Tcl", ".tcl .tm .adp", "owh", "tclsh wish expect"),
    Language("Shell", ".sh .bash .zsh .ksh .bats .command .tool .ebuild .eclass",
             ".bashrc .bash_profile .profile .zshrc .bash_aliases .envrc PKGBUILD APKBUILD gradlew mvnw configure "
             "install-sh config.guess config.sub depcomp missing ltmain.sh", "sh bash dash ksh zsh ash rc",
             "bash sh zsh shellscript"),
    Language("fish", ".fish", runs="fish"), Language("Nushell", ".nu", runs="nu"),
    Language("PowerShell", ".ps1 .psm1 .psd1", runs="pwsh"), Language("Batchfile", ".bat .cmd", also="batch"),
    Language("Awk", ".awk .gawk", runs="awk gawk mawk nawk"), Language("sed", ".sed", runs="sed gsed"),
    Language("Vim Script", ".vim .vmb", ".vimrc .gvimrc _vimrc", also="viml vimscript"),
    Language("AppleScript", ".applescript", runs="osascript"),
    Language("Makefile", ".mk .mak .make .d",
             "Makefile makefile GNUmakefile Makefile.am Makefile.in Kbuild BSDmakefile", "make", "make"),
    Language("CMake", ".cmake .cmake.in", "CMakeLists.txt"),
    Language("Meson", "", "meson.build meson_options.txt meson.options"),
    Language("Just", ".just", "justfile Justfile .justfile", "just"), Language("Ninja", ".ninja"),
    Language("QMake", ".pri .pro"), Language("M4", ".m4"),
    Language("M4Sugar", "", "configure.ac configure.in aclocal.m4", also="autoconf"),
    Language("Dockerfile", ".dockerfile .containerfile", "Dockerfile Containerfile"),
    Language("HCL", ".hcl .tf .tfvars .nomad", also="terraform"), Language("Nix", ".nix"),
    Language("Puppet", ".pp", "Modulefile"), Language("Jsonnet", ".jsonnet .libsonnet"), Language("Rego", ".rego"),
    Language("Bicep", ".bicep"), Language("Dhall", ".dhall"), Language("Procfile", "", "Procfile"),
    Language("BitBake", ".bb .bbappend .bbclass .inc"),
    Language("SQL", ".sql .ddl .dml .prc .tab .udf .viw", also="mysql postgresql"), Language("PLpgSQL", ".pgsql"),
    Language("PLSQL", ".pls .pks .pkb .plsql"), Language("GraphQL", ".graphql .gql .graphqls"),
    Language("SPARQL", ".sparql .rq"), Language("Cypher", ".cypher .cyp"),
    Language("Protocol Buffer", ".proto", also="protobuf"), Language("Thrift", ".thrift"),
    Language("Cap'n Proto", ".capnp"), Language("FlatBuffers", ".fbs"), Language("Solidity", ".sol"),
    Language("Vyper", ".vy"), Language("Move", ".move"), Language("Cairo", ".cairo"),
    Language("Yacc", ".y .yacc .yy"), Language("Lex", ".l .lex .ll"), Language("ANTLR", ".g4 .g"),
    Language("Ragel", ".rl"), Language("EBNF", ".ebnf"), Language("GDScript", ".gd"),
    Language("GAP", ".g .gd .gi .tst"), Language("SuperCollider", ".scd .sc", runs="sclang"),
    Language("OpenSCAD", ".scad"), Language("Gnuplot", ".gp .gnu .plot .plt .p", runs="gnuplot"),
    Language("OpenEdge ABL", ".p .w"), Language("PostScript", ".ps .eps"), Language("Graphviz (DOT)", ".dot .gv"),
    Language("Mermaid", ".mmd .mermaid"), Language("PlantUML", ".puml .plantuml .iuml"),
    Language("Linker Script", ".ld .lds"), Language("Device Tree", ".dts .dtsi"), Language("Kconfig", "", "Kconfig"),
    Language("RPM Spec", ".spec"), Language("CSS", ".css"), Language("SCSS", ".scss"), Language("Sass", ".sass"),
    Language("Less", ".less"), Language("Stylus", ".styl"), Language("Pug", ".pug .jade"), Language("Haml", ".haml"),
    Language("Slim", ".slim"), Language("EJS", ".ejs"), Language("HTML+ERB", ".erb .erb.deface"),
    Language("Handlebars", ".hbs .handlebars"), Language("Jinja", ".jinja .jinja2 .j2"), Language("Twig", ".twig"),
    Language("Liquid", ".liquid"), Language("Mustache", ".mustache"), Language("Smarty", ".tpl"),
    Language("Blade", ".blade.php"), Language("Razor", ".cshtml .razor"),
    Language("Ignore List", "", ".gitignore .dockerignore .npmignore .eslintignore .prettierignore .gcloudignore"),
    Language("Git Attributes", "", ".gitattributes"),
    Language("Git Config", "", ".gitconfig .gitmodules", kind="data"), Language("EditorConfig", "", ".editorconfig"),
    Language("CODEOWNERS", "", "CODEOWNERS"),
    Language("Pip Requirements", "", "requirements.txt requirements-dev.txt dev-requirements.txt constraints.txt"),
    Language("JSON", ".json .webmanifest .avsc .har .geojson .topojson .jsonl .map",
             "package-lock.json composer.lock Pipfile.lock flake.lock .babelrc .eslintrc .jshintrc "
             ".all-contributorsrc", kind="data"),
    Language("JSON with Comments", ".jsonc .code-workspace .sublime-settings",
             "tsconfig.json jsconfig.json devcontainer.json .eslintrc.json", kind="data"),
    Language("JSON5", ".json5", kind="data"),
    Language("YAML", ".yml .yaml .sublime-syntax", ".clang-format .clang-tidy .clangd CITATION.cff yarn.lock",
             kind="data", also="yml"),
    Language("TOML", ".toml", "Cargo.lock poetry.lock uv.lock pdm.lock Pipfile", kind="data"),
    Language("INI", ".ini .cfg .prefs", ".flake8 .pylintrc .coveragerc .npmrc", kind="data"),
    Language("Java Properties", ".properties", kind="data"), Language("Gettext Catalog", ".po .pot", kind="data"),
    Language("XML",
             ".xml .xsd .xsl .xslt .wsdl .plist .csproj .vbproj .fsproj .vcxproj .props .targets .resx .xaml .ui "
             ".qrc .iml .ts .rs .mod", kind="data"),
    Language("SVG", ".svg", kind="data"), Language("CSV", ".csv", kind="data"), Language("TSV", ".tsv", kind="data"),
    Language("Jupyter Notebook", ".ipynb", kind="data"), Language("Diff", ".diff .patch", kind="data"),
    Language("Roff", ".roff .man .1 .2 .3 .4 .5 .6 .7 .8 .9 .l .mdoc .n", kind="prose"),
    Language("HTML", ".html .htm .xht .xhtml .inc", kind="page"),
    Language("Markdown", ".md .markdown .mkd .mdown .mkdn .livemd", "contents.lr", kind="prose"),
    Language("MDX", ".mdx", kind="prose"), Language("reStructuredText", ".rst .rest", kind="prose", also="rst"),
    Language("AsciiDoc", ".adoc .asciidoc .asc", kind="prose"), Language("Org", ".org", kind="prose"),
    Language("Textile", ".textile", kind="prose"), Language("Texinfo", ".texinfo .texi", kind="prose"),
    Language("TeX", ".tex .sty .cls .ltx .dtx .ins .aux .bst", kind="prose", also="latex"),
    Language("BibTeX", ".bib", kind="prose"), Language("Typst", ".typ", kind="prose"),
    Language("Text", ".txt .text", "README LICENSE COPYING NOTICE AUTHORS INSTALL NEWS", kind="prose",
             also="plain-text plaintext"),
   
]  # fmt: skip


def _index(column: str) -> dict[str, list[Language]]:
    found: dict[str, list[Language]] = defaultdict(list)
    for language in LANGUAGES:
        for word in getattr(language, column).split():
            found[word].append(language)
    return dict(found)


def _labels(languages: Iterable[Language]) -> dict[str, Language]:
    """Labels as data sets write them: any case, blanks as hyphens; a name wins over another row's `also`."""
    also = {word: language for language in languages for word in language.also.split()}
    return also | {label(language.name): language for language in languages}


def label(name: str) -> str:
    """A language's name as it is looked up: `Common Lisp` and `common-lisp` are one."""
    return name.strip().lower().replace(" ", "-").replace("_", "-")


BY_ENDING = _index("endings")
BY_NAME = _index("names")
BY_INTERPRETER = _index("runs")
BY_LABEL = _labels(LANGUAGES)
