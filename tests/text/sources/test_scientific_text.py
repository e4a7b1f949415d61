"""What TeX becomes: literal inputs, one behaviour a test."""

from __future__ import annotations

import pytest

from llmctl.text.sources.record import Document, Record
from llmctl.text.sources.scientific import documents


def paper(body: str, preamble: str = "", **keywords: object) -> Document:
    """The document of a paper with this body."""
    source = f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    return documents(Record(path="a.tex", payload=source.encode()), **keywords)[0]


def text(body: str, preamble: str = "", **keywords: object) -> str:
    return paper(body, preamble, **keywords).text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (r"caf\'e na\"{\i}ve \c c \v{s} \~n \^{o} \'\i{} \H{o} \k{a} \r u", "café naïve ç š ñ ô í ő ą ů"),
        (r"Stra\ss e \ae \o{} \L{}\'od\'z \aa", "Straße æø Łódź å"),
        ("``quoted'' and `single' --- a dash, 1--2", "“quoted” and ‘single’ — a dash, 1–2"),
        (r"10~km, 10\,km, 50\% of R\&D, a\_b \#1 \{x\}", "10 km, 10 km, 50% of R&D, a_b #1 {x}"),
        (r"it costs \$5", r"it costs \$5"),
        (r"\LaTeX{} and \TeX\ and so on\ldots", "LaTeX and TeX and so on…"),
        (r"\emph{a} \textbf{b} {\it c} {\bf d} \texttt{e}", "a b c d e"),
        (r"\textcolor{red}{seen} \href{http://x.org/a#b%20c}{link} \url{http://x.org/a_b%20c~d}", "seen link http://x.org/a_b%20c~d"),
        (r"\parbox[t]{3cm}{box} \raisebox{1ex}{up} \vspace*{2cm}\hspace{1em}end\rule{1pt}{2pt}", "box up end"),
        (r"\ThisLLCornerWallPaper{1.1}{x}\pagecolor{white}{\fontsize{9}{11}\fontseries{b}\fontshape{it}\selectfont Set}", "Set"),
        (r"\verb|a_b % $x$| and \lstinline[language=C]{int *p;}", "`a_b % $x$` and `int *p;`"),
        (r"\texorpdfstring{shown}{hidden} \SI{3}{m}", "shown 3 m"),
        (r"\vskip 10pt plus 2pt A\kern-1em B \hsize=6.5in C \parindent\textwidth D", "AB C D"),
    ],
)  # fmt: skip
def test_characters_and_layout_of_text(source: str, expected: str) -> None:
    assert text(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("one % remark\ntwo", "one two"),
        ("one%\ntwo", "onetwo"),
        ("one\n% remark\ntwo", "one two"),
        ("one\n%\n\ntwo", "one\n\ntwo"),
        ("50\\% stay % go", "50% stay"),
        ("a\\\\% go\nb", "a\nb"),
        ("a\\begin{comment}no $x$ \\end{comment} b", "a b"),
        ("a \\iffalse no \\ifx x\\fi no \\else b\\fi c", "a b c"),
        ("$a % no\n+ b$", "$a + b$"),
    ],
)
def test_comments_are_left_out(source: str, expected: str) -> None:
    assert text(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("Let $x_1 \\le \\alpha$.", "Let $x_1 \\le \\alpha$."),
        ("Let \\(x\\) be", "Let \\(x\\) be"),
        ("so\n\\[ x = 1\\label{a} \\]\nholds.", "so\n\\[ x = 1 \\]\nholds."),
        ("so $$x=1$$\n\nNext", "so\n$$x=1$$\n\nNext"),
        (
            "so\n\\begin{align}\n a &= b \\label{x}\\\\\n c &= d\n\\end{align}\nholds",
            "so\n\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}\nholds",
        ),
        ("\\begin{equation*}x\\end{equation*}", "\\begin{equation*}\nx\n\\end{equation*}"),
        ("$a \\mbox{ if $b$ holds}$", "$a \\mbox{ if $b$ holds}$"),
        ("$\\text{in \\% of ``x''}$", "$\\text{in \\% of ``x''}$"),
        ("unclosed $x\n\nnext $y$", "unclosed $x$\n\nnext $y$"),
        ("\\begin{subequations}\\begin{align}x\\end{align}\\end{subequations}", "\\begin{align}\nx\n\\end{align}"),
        ("\\ensuremath{x} and $\\ensuremath{x}$", "$x$ and ${x}$"),
        ("$x \\tag{\\ref{a}}$", "$x \\tag{[...]}$"),
    ],
)
def test_maths_is_kept_as_written(source: str, expected: str) -> None:
    assert text(source) == expected


@pytest.mark.parametrize(
    ("preamble", "body", "expected"),
    [
        (r"\newcommand{\R}{\mathbb{R}}", r"$x \in \R$, $\R^n$", r"$x \in \mathbb{R}$, $\mathbb{R}^n$"),
        (r"\newcommand{\pair}[2][a]{(#1,#2)}", r"\pair{b} \pair[c]{d}", "(a,b) (c,d)"),
        (r"\newcommand\half{\frac12} \renewcommand{\half}{\tfrac12}", r"$\half$", r"$\tfrac12$"),
        (r"\newcommand{\a}{x} \providecommand{\b}{y} \providecommand{\a}{z}", r"$\a\b$", "$xy$"),
        (r"\def\point(#1,#2){<#1|#2>}", r"\point(1,2) \point(3,{4,5})", "<1|2> <3|4,5>"),
        (r"\def\until#1.{[#1]}", r"\until a b. c", "[a b] c"),
        (r"\def\al{\alpha}", r"$\al x\al y$", r"$\alpha x\alpha y$"),
        (r"\def\v#1{\mathbf #1}", r"$\v x$ $\v {xy}$", r"$\mathbf x$ $\mathbf xy$"),
        (r"\let\eps\varepsilon \let\oldemph=\emph", r"$\eps$ \oldemph{x}", r"$\varepsilon$ x"),
        (r"\DeclareMathOperator{\rank}{rank} \DeclareMathOperator*{\argmax}{arg\,max}", r"$\rank A$ $\argmax_x$",
         r"$\operatorname{rank} A$ $\operatorname*{arg\,max}_x$"),
        (r"\def\be{\begin{equation}} \def\ee{\end{equation}}", r"\be x \ee", "\\begin{equation}\nx\n\\end{equation}"),
        (r"\newenvironment{eqn}[1]{\begin{align*}}{\end{align*}}", r"\begin{eqn}{n}x\end{eqn}",
         "\\begin{align*}\nx\n\\end{align*}"),
        (r"\newenvironment{boxed}{Box: }{ (end)}", r"\begin{boxed}x\end{boxed}", "Box: x (end)"),
        (r"\newcommand{\etal}{et al.\xspace}", r"A \etal showed, B \etal, too", "A et al. showed, B et al., too"),
        (r"\newif\ifdraft \drafttrue", r"\ifdraft D\else F\fi", "D"),
        (r"\ifdefined\x\newcommand{\iflong}[1]{#1}\else\newcommand{\iflong}[1]{}\fi", r"a\iflong{ no} b", "a b"),
        (r"\newif\ifdraft", r"\ifdraft D\else F\fi", "F"),
        (r"\newcommand{\x}[1]{\ifmmode #1\else $#1$\fi}", r"\x{a} $\x{b}$", "$a$ $b$"),
        (r"\newcommand{\opt}[1]{\ifthenelse{\equal{#1}{}}{none}{(#1)}}", r"\opt{} \opt{a}", "none (a)"),
        (r"\makeatletter\def\f{\@ifnextchar[{\f@a}{\f@b}}\def\f@a[#1]{<#1>}\def\f@b#1{(#1)}\makeatother",
         r"$\f[x] \f{y}$", "$<x> (y)$"),
        (r"\newcommand{\unused}[1]{secret}", "{\\def\\y{in}\\y} \\unused x", "in secret"),
        (r"\NewDocumentCommand{\pp}{m m}{#1/#2}", r"\pp{a}{b}", "a/b"),
    ],
)  # fmt: skip
def test_macros_are_expanded(preamble: str, body: str, expected: str) -> None:
    assert text(body, preamble) == expected


def test_a_definition_ends_with_its_group() -> None:
    assert text(r"\def\x{a}{\def\x{b}$\x$}$\x$ {\gdef\x{c}}$\x$") == "$b$$a$ $c$"


def test_macros_that_program_stay_in_maths() -> None:
    assert text(r"$\odd{x}$", r"\def\odd#1{\csname x#1\endcsname}") == r"$\odd{x}$"


def test_a_paper_cannot_redefine_what_makes_its_structure() -> None:
    assert text(r"\section{A}", r"\renewcommand{\section}[1]{gone}") == "## A"


def test_headings_and_the_title_page() -> None:
    found = paper(
        r"\begin{abstract}We say.\end{abstract}\section{One $x$}Text.\subsection*{Two}\label{a}\paragraph{Run in} Go.",
        r"\title{A Title\thanks{Money.}}\author{Ada Byron$^1$ \and Kurt \"Oberst} \date{today}",
    )
    assert found.text == "# A Title\n\n## Abstract\n\nWe say.\n\n## One $x$\n\nText.\n\n### Two\n\nRun in. Go."
    assert found.metadata["title"] == "A Title"
    assert found.metadata["authors"] == ["Ada Byron", "Kurt Öberst"]


def test_a_cover_that_repeats_the_title_is_left_out() -> None:
    body = (
        "{\\fontsize{9}{9}\\selectfont Of\\par Salt\\par} A Road\n\nThe Road Company\n\n\\section{One}\nA Road\n\nSo."
    )
    assert text("A\n\n$x$\n\n*\n\n\\section{x}b", "\\title{A $x$}") == "# A $x$\n\n$x$\n\n*\n\n## x\n\nb"
    assert text("A\n\n$x$\n\nb", "\\title{A}") == "# A\n\nA\n\n$x$\n\nb"  # no heading tells what is a cover
    assert text(body, "\\title{Of Salt: A Road}") == "# Of Salt: A Road\n\nThe Road Company\n\n## One\n\nA Road\n\nSo."


def test_chapters_stand_above_sections() -> None:
    assert text(r"\chapter{A}x\section{B}y") == "## A\n\nx\n\n### B\n\ny"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("as is known~\\cite{a}. Next", "as is known. Next"),
        ("as is known \\citep[see][p. 3]{a,b}, and", "as is known, and"),
        ("see \\cite{a} for", "see [...] for"),
        ("\\cite{a} shows", "[...] shows"),
        ("by \\citet{a}", "by [...]"),
        ("by \\citet{ho99}\\begin{thebibliography}{1}\\bibitem[Ho \\& Li(1999)]{ho99} T.\\end{thebibliography}",
         "by Ho & Li (1999)"),
        ("Lemma~\\ref{a} and \\eqref{b}", "Lemma [...] and ([...])"),
        ("word\\footnote{A note.} goes", "word (A note.) goes"),
    ],
)  # fmt: skip
def test_citations_references_and_footnotes(source: str, expected: str) -> None:
    assert text(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        "Text.\n\\section*{Acknowledgements}\nThanks.\n\\bibliography{x}",
        "Text.\n\\section{References}\n[1] A. Book.",
        "Text.\n\\begin{thebibliography}{9}\\bibitem{a} A. Book.\\end{thebibliography}",
        "Text.\n\\begin{thebibliography}{9}\\bibitem{a} A. Book, never closed.",
        "Text.\n\\begin{acknowledgments}Thanks.\\end{acknowledgments}",
        "Text.\n\\acknowledgments\nThanks to all.",
        "Text.\n\n\\textbf{Acknowledgments.} Thanks.",
        "Text.\n\\paragraph{Acknowledgment} Thanks.",
        "\\index{x}Text.\\label{a}\\nocite{*}\\bibliographystyle{plain}\\printbibliography\\todo{do}",
    ],
)
def test_thanks_and_references_are_left_out(source: str) -> None:
    assert text(source) == "Text."


def test_what_follows_thanks_stays() -> None:
    found = text("\\section{A}a\\section*{Acknowledgments}no\\subsection{no}no\\appendix\\section{B}b")
    assert found == "## A\n\na\n\n## B\n\nb"
    assert text("a\\appendix\\section{B}b", appendices=False) == "a"


def test_lists() -> None:
    found = text(
        r"""Two:
\begin{itemize}
  \item first

  \item second:
  \begin{enumerate} \item a \item[(x)] b \end{enumerate}
\end{itemize}
\begin{description} \item[Word] what it means \end{description}
After."""
    )
    assert found == "Two:\n- first\n- second:\n  1. a\n  - (x) b\n- Word: what it means\nAfter."


def test_lists_within_lists_are_indented_up_to_a_limit() -> None:
    lines = text("\\begin{itemize}\\item a" * 40).split("\n")
    assert lines == [" " * min(2 * level, 64) + "- a" for level in range(40)]


def test_theorems_say_what_they_are() -> None:
    found = text(
        r"\begin{thmx}[Ho]\label{a}It is.\end{thmx}\begin{proof}Clear.\end{proof}\begin{proof}[Proof of A]So.\end{proof}",
        r"\newtheorem{thmx}[section]{Main Theorem}",
    )
    assert found == "Main Theorem (Ho). It is.\n\nProof. Clear.\n\nProof of A. So."


FLOAT = (
    "a\n\\begin{figure}[ht]\\includegraphics[width=3cm]{x.pdf}\\caption[short]{What $x$ is.}\\label{f}\\end{figure}\n"
    "\\begin{table}\\caption{Rows.}\\begin{tabular}{lc}\\hline a & b \\\\ c & d\\\\\\end{tabular}\\end{table}\nb"
)


def test_floats_by_policy() -> None:
    assert text(FLOAT) == "a\n\nFigure: What $x$ is.\n\nTable: Rows.\n\nb"
    assert text(FLOAT, floats="drop") == "a b"
    assert text(FLOAT, floats="keep") == "a\n\nFigure: What $x$ is.\n\nTable: Rows.\n\na | b\nc | d\nb"


def test_a_table_in_the_text_stays() -> None:
    assert text("a\\begin{tabular}{l|r}x & 1\\\\y & 2\\end{tabular}b") == "a\nx | 1\ny | 2\nb"


def test_listings_are_fenced_and_untouched() -> None:
    found = text("so\n\\begin{lstlisting}[language=Python]\nx = 1  # 50% \\section\n    y\n\\end{lstlisting}\nand")
    assert found == "so\n```Python\nx = 1  # 50% \\section\n    y\n```\nand"


def test_unknown_commands_leave_their_text_and_are_counted() -> None:
    found = paper(r"\mystery{kept} and \riddle[no]{too}")
    assert found.text == "kept and too"
    assert found.metadata["unknown_commands"] == {"\\mystery": 1, "\\riddle": 1}


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    assert text("我们研究\n随机游走。\n它 $x$ 返回\nof course") == "我们研究随机游走。它 $x$ 返回 of course"


def test_arguments_of_unknown_commands_do_not_run_together() -> None:
    assert text(r"\pair{one}{two} un\known{do}ne") == "one two undone"
    assert text(
        r"end.\aside{A whole sentence, as notes of the margin have them, is no part of the word before it.}"
    ).startswith("end. A")
    assert text(r"\riddle [see] x \riddle[open") == "[see] x [open"


def test_a_paper_without_sections_is_kept() -> None:
    assert text("One paragraph.\n\nAnother.") == "One paragraph.\n\nAnother."


def test_text_without_a_document_is_kept() -> None:
    plain = Record(path="a.tex", payload=b"\\magnification=1200\n\\def\\x{y}\nPlain $\\x$ text.\n\\bye\nafter")
    assert documents(plain)[0].text == "Plain $y$ text."


def test_what_follows_the_document_is_left_out() -> None:
    assert text("a\n\\end{document}\nnot this") == "a"


def test_an_algorithm_in_the_text_has_a_line_a_step() -> None:
    found = text(
        r"So: \begin{algorithmic}[1]\REQUIRE $n$ \STATE $x \gets 1$ \IF{$n>0$} \STATE stop "
        r"\ELSE \RETURN $x$ \ENDIF\end{algorithmic} Done."
    )
    assert found == "So:\nRequire: $n$\n$x \\gets 1$\nif $n>0$\nstop\nelse\nreturn $x$\nDone."


def test_drawings_are_left_out() -> None:
    assert text("a \\begin{tikzpicture}\\draw (0,0) -- (1,1);\\end{tikzpicture} b") == "a b"


OLD = {
    "AMS-TeX": (
        r"\input amstex \documentstyle{amsppt} \define\Z{\Bbb Z} \topmatter \title On $\Z$ \endtitle \author A. Bee \endauthor"
        r"\address Town\endaddress \abstract Short.\endabstract \endtopmatter \document"
        "\n\\head 1. First \\endhead Text.\n\\proclaim{Theorem 1} So. \\endproclaim \\demo{Proof} Easy. \\enddemo\n"
        r"\Refs \ref\no 1\by A. Author\paper A title\endref \endRefs \enddocument",
        "# On $\\Bbb Z$\n\n## Abstract\n\nShort.\n\n## 1. First\n\nText.\n\nTheorem 1. So.\n\nProof. Easy.",
    ),
    "harvmac": (
        "\\input harvmac\n\\lref\\wit{E. Author, 1990.}\\Title{HU-1}{\\vbox{\\centerline{A}\\vskip2pt\\centerline{Title}}}\n"
        "\\newsec{First}\nAs \\refs{\\wit} said, \\eqn\\one{E = 1} holds; see \\ref\\foo{B. Author, 1991.}.\n\\subsec{Deep}x\n"
        "\\centerline{{\\bf Acknowledgements}}\nThanks.\n\\listrefs\\bye",
        "# A Title\n\n## First\n\nAs said,\n$$E = 1$$\nholds; see [...].\n\n### Deep\n\nx",
    ),
    "LaTeX 2.09": (
        "\\documentstyle[12pt]{article}\\def\\beq{\\begin{equation}}\\def\\eeq{\\end{equation}}\n\\begin{document}\n"
        "{\\bf 1. First.} It is \\beq x \\eeq\n\\vskip 0.5cm\n\\noindent {\\bf Acknowledgements} \\\\ Thanks.\n\n"
        "{\\bf References}\n\n[1] A. Author.\n\\end{document}",
        "1. First. It is\n\\begin{equation}\nx\n\\end{equation}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("dialect", OLD)
def test_old_dialects(dialect: str) -> None:
    source, expected = OLD[dialect]
    assert documents(Record(path="a.tex", payload=source.encode()))[0].text == expected


def test_citations_in_a_row_are_one() -> None:
    assert text(r"It is known \cite{a}, \cite{b}--\cite{c} that") == "It is known that"
    assert text(r"see \cite{a} and \cite{b}.") == "see [...]."


def test_a_citation_that_closes_a_paragraph_leaves_nothing() -> None:
    assert text("So it is. \\cite{a}\n\nNext") == "So it is.\n\nNext"


def test_a_range_of_references_is_two_numbers() -> None:
    assert text(r"see \crefrange{lem:a}{lem:b}.") == "see [...]–[...]."


def test_a_plain_footnote_has_its_mark_first() -> None:
    assert text(r"word\footnote{$^1$}{A note.} goes") == "word (A note.) goes"


def test_an_environment_that_is_not_printed() -> None:
    assert text(r"a \begin{slogan}no\end{slogan}b", r"\newenvironment{slogan}{\comment}{\endcomment}") == "a b"


def test_what_opens_and_closes_a_letter_stands_apart() -> None:
    letter = r"\begin{letter}{A Street}\opening{Dear Ann,}Body words\closing{Bye,}\signature{Bob}\end{letter}"
    assert text(letter) == "Dear Ann,\n\nBody words\n\nBye,\n\nBob"


def test_slides_do_not_say_when_they_are_seen() -> None:
    slide = r"\begin{itemize}[<+->]\item<1-> a \item[(x)]<2,4-5> b \item<+-| alert@+>[(y)] c\item d<1>\end{itemize}"
    assert text(slide) == "- a\n- (x) b\n- (y) c\n- d<1>"
    assert (
        text(r"\only<2>{a} \textbf<3->{b} \uncover<handout:1>{c} \alert{d} \textbf{<1>} \emph <x> e")
        == "a b c d <1> <x> e"
    )


def test_titles_of_slides_stand_apart() -> None:
    slides = (
        "\\begin{frame}<1>[fragile]{One}\nText\\end{frame}"
        "\\begin{frame}\\frametitle<2>{Two}a\\begin{block}{Fact}b\\end{block}\\end{frame}"
    )
    assert text(slides) == "One\n\nText\n\nTwo\n\na\n\nFact\n\nb"


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("We thank A. Bee for help.", "word."),
        ("The first author gratefully acknowledges support.", "word."),
        ("\\textbf{Acknowledgements.} To all.", "word."),
        ("Thanks to Lemma 2 it holds.", "word (Thanks to Lemma 2 it holds.)."),
        ("We acknowledge that it is rough.", "word (We acknowledge that it is rough.)."),
    ],
)
def test_a_note_that_thanks_is_left_out(note: str, expected: str) -> None:
    assert text(f"word\\footnote{{{note}}}.") == expected
