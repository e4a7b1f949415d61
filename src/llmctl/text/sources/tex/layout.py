"""Commands that say how a page looks or how TeX works: table rows with the arguments that go with them.

The arguments are those of LaTeX2e (`source2e`), of the packages named beside a row, or of The TeXbook.
"""

from __future__ import annotations

# switches without arguments: the command goes, nothing else
SILENT = frozenset(
    r"""\bf \it \em \rm \sc \tt \sf \sl \bfseries \itshape \slshape \scshape \upshape \ttfamily \rmfamily \sffamily \mdseries
    \normalfont \normalsize \large \Large \LARGE \huge \Huge \small \footnotesize \scriptsize \tiny \boldmath \unboldmath
    \centering \raggedright \raggedleft \noindent \indent \newpage \clearpage \cleardoublepage \nopagebreak \pagebreak
    \smallskip \medskip \bigskip \smallbreak \medbreak \bigbreak \break \nobreak \allowbreak \linebreak \nolinebreak
    \maketitle \tableofcontents \listoffigures \listoftables \vfill \vfil \vss \hss \protect \relax \sloppy \fussy \null
    \leavevmode \strut \mathstrut \frontmatter \mainmatter \backmatter \onecolumn \hline \toprule \midrule \bottomrule
    \endhead \endfirsthead \endfoot \endlastfoot \startdata \enddata \tabularnewline \makeatletter \makeatother \centerline
    \emph \textbf \textit \textrm \textsf \texttt \textsc \textsl \textup \textmd \textnormal \underline \uline \mbox \hbox
    \fbox \text \mathrm \leftline \rightline \llap \rlap \smash \MakeUppercase \MakeLowercase \uppercase \lowercase
    \ignorespaces \ignorespacesafterend \unskip \begingroup \endgroup \bgroup \egroup \global \long \outer \expandafter
    \noexpand \enlargethispage \printindex \makeindex \doublespacing \singlespacing \onehalfspacing \linenumbers \nolinenumbers
    \and \flushbottom \raggedbottom \frenchspacing \nonfrenchspacing \eject \supereject \vadjust \bottomrule \notag \nonumber
    \displaystyle \textstyle \scriptstyle \limits \nolimits \balance \twocolumngrid \onecolumngrid \acresetall \phantomsection
    \obeylines \obeyspaces \newblock \endinput \ensuremath \qedhere \qed \qedsymbol \IEEEpeerreviewmaketitle \boldsymbol
    \allowdisplaybreaks \bottomfraction \topfraction \nocorr \nocorrection \selectlanguage \so \ul \uppercase \lsstyle
    \columnbreak \pagestyle \dotfill \hrulefill \endtopmatter \topmatter \document \enddocument \heading \endheading
    \subheading \endsubheading \proclaim \endproclaim \demo \enddemo \remark \endremark \definition \enddefinition
    \example \endexample \ItemNumbering \normalem \usetikzlibrary \centerfig \squeezetable \hfilneg \offinterlineskip
    \interlinepenalty \csname \endcsname \par@ \lefteqn \crcr \cr \noalign \omit""".split()
) - {"\\ensuremath", "\\endinput", "\\pagestyle", "\\selectlanguage", "\\usetikzlibrary"}  # fmt: skip
# with arguments: s star, o in brackets, m mandatory, d a dimension, p in parentheses; arguments not named stay text
DROPPED = {
    "\\vspace": "sm", "\\label": "m", "\\usepackage": "om", "\\RequirePackage": "om", "\\bibliographystyle": "m",
    "\\bibliography": "m", "\\nobibliography": "sm", "\\printbibliography": "o", "\\addbibresource": "om", "\\nocite": "m",
    "\\setcounter": "mm", "\\addtocounter": "mm", "\\stepcounter": "m", "\\refstepcounter": "m", "\\newcounter": "mo",
    "\\setlength": "mm", "\\addtolength": "mm", "\\newlength": "m", "\\settowidth": "mm", "\\newdimen": "m", "\\newskip": "m",
    "\\newcount": "m", "\\newtoks": "m", "\\newbox": "m", "\\pagestyle": "m", "\\thispagestyle": "m", "\\pagenumbering": "m",
    "\\includegraphics": "soom", "\\includepdf": "om", "\\epsfig": "m", "\\psfig": "m", "\\epsfbox": "om", "\\plotone": "m",
    "\\plottwo": "mm", "\\epsscale": "m", "\\graphicspath": "m", "\\DeclareGraphicsExtensions": "m",
    "\\index": "m", "\\glossary": "m", "\\hypersetup": "m", "\\hyphenation": "m", "\\definecolor": "mmm", "\\color": "om",
    "\\colorlet": "mm", "\\textcolor": "om", "\\colorbox": "om", "\\fcolorbox": "mm", "\\rowcolor": "om", "\\cellcolor": "om",
    "\\numberwithin": "omm", "\\theoremstyle": "m", "\\swapnumbers": "", "\\captionsetup": "om", "\\lstset": "m",
    "\\rule": "omm", "\\parbox": "ooom", "\\resizebox": "smm", "\\scalebox": "mo", "\\raisebox": "moo", "\\rotatebox": "om",
    "\\makebox": "oo", "\\framebox": "oo", "\\multicolumn": "mm", "\\multirow": "omom", "\\cline": "m", "\\cmidrule": "om",
    "\\fontsize": "mm", "\\fontfamily": "m", "\\selectfont": "", "\\usefont": "mmmm", "\\linespread": "m", "\\hypertarget": "m",
    "\\hyperlink": "m", "\\hyperref": "o", "\\phantom": "m", "\\hphantom": "m", "\\vphantom": "m", "\\addcontentsline": "mmm",
    "\\addtocontents": "mm", "\\markboth": "mm", "\\markright": "m", "\\date": "m", "\\thanks": "m", "\\address": "om",
    "\\affiliation": "om", "\\affil": "om", "\\altaffiltext": "mm", "\\altaffilmark": "m", "\\altaffiliation": "om",
    "\\institute": "m", "\\institution": "m", "\\email": "om", "\\ead": "om", "\\homepage": "om", "\\urladdr": "m",
    "\\curraddr": "m", "\\orcid": "m", "\\subjclass": "om", "\\pacs": "m", "\\preprint": "m", "\\titlerunning": "m",
    "\\authorrunning": "m", "\\shorttitle": "m", "\\shortauthors": "m", "\\slugcomment": "m", "\\received": "m",
    "\\revised": "m", "\\accepted": "m", "\\published": "m", "\\submitted": "m", "\\journal": "m", "\\journalname": "m",
    "\\volume": "m", "\\tablewidth": "m", "\\tabletypesize": "m", "\\tablecolumns": "m", "\\tablenum": "m", "\\tablehead": "m",
    "\\tablerefs": "m", "\\rotate": "", "\\todo": "om", "\\todototoc": "", "\\marginpar": "om", "\\marginnote": "om",
    "\\pdfinfo": "m", "\\pdfbookmark": "omm", "\\special": "m", "\\geometry": "m", "\\allowdisplaybreaks": "o",
    "\\newcolumntype": "mom", "\\DeclareMathAlphabet": "mmmmm", "\\DeclareSymbolFont": "mmmmm", "\\SetMathAlphabet": "mmmmmm",
    "\\DeclareMathSymbol": "mmmm", "\\DeclareFontFamily": "mmm", "\\DeclareFontShape": "mmmmmm", "\\input@path": "m",
    "\\usetikzlibrary": "m", "\\tikzset": "m", "\\pgfplotsset": "m", "\\tikz": "om", "\\selectlanguage": "m", "\\footnotemark": "o",
    "\\foreignlanguage": "m", "\\setmainfont": "om", "\\setsansfont": "om", "\\setmonofont": "om", "\\newfont": "mm",
    "\\corauth": "om", "\\cortext": "om", "\\corref": "m", "\\fntext": "om", "\\fnref": "m", "\\tnotetext": "om", "\\tnoteref": "m",
    "\\inst": "m", "\\IEEEauthorrefmark": "m", "\\thesection": "", "\\ccsdesc": "om", "\\acmConference": "ommm",
    "\\acmJournal": "m", "\\acmDOI": "m", "\\acmISBN": "m", "\\copyrightyear": "m", "\\setcopyright": "m", "\\bibitem": "om",
    "\\additionalauthors": "m", "\\documentstyle": "om", "\\PassOptionsToPackage": "mm", "\\excludecomment": "m",
    "\\includecomment": "m", "\\includeonly": "m", "\\externaldocument": "om", "\\allsectionsfont": "m", "\\sectionfont": "m",
    "\\titleformat": "smmmmmo", "\\titlespacing": "smmmmo", "\\Crefname": "mmm", "\\crefname": "mmm", "\\newacronym": "ommm",
    "\\DeclareCaptionFont": "mm", "\\setenumerate": "om", "\\setitemize": "om", "\\setlist": "om", "\\newlist": "mmm",
    "\\vskip": "d", "\\kern": "d", "\\mskip": "d", "\\mkern": "d", "\\hsize": "d", "\\vsize": "d", "\\hoffset": "d", "\\voffset": "d",
    "\\parindent": "d", "\\parskip": "d", "\\baselineskip": "d", "\\lineskip": "d", "\\magnification": "d", "\\tolerance": "d",
    "\\textwidth": "d", "\\textheight": "d", "\\topmargin": "d", "\\oddsidemargin": "d", "\\evensidemargin": "d", "\\headheight": "d",
    "\\headsep": "d", "\\footskip": "d", "\\columnsep": "d", "\\leftskip": "d", "\\rightskip": "d", "\\hangindent": "d",
    "\\hangafter": "d", "\\pageno": "d", "\\penalty": "d", "\\raise": "d", "\\lower": "d", "\\moveleft": "d", "\\moveright": "d",
    "\\baselinestretch": "d", "\\hbadness": "d", "\\vbadness": "d", "\\hfuzz": "d", "\\vfuzz": "d", "\\widowpenalty": "d",
    "\\clubpenalty": "d", "\\abovedisplayskip": "d", "\\belowdisplayskip": "d", "\\looseness": "d", "\\emergencystretch": "d",
    "\\advance": "md", "\\catcode": "dmd", "\\count": "dd", "\\dimen": "dd", "\\tabcolsep": "d", "\\arraycolsep": "d", "\\rmoddsidemargin": "d",
    "\\hrule": "d", "\\vrule": "d", "\\put": "p", "\\ProvidesPackage": "mo", "\\NeedsTeXFormat": "mo", "\\makeindex": "o",
    "\\newfloat": "mmmo", "\\floatstyle": "m", "\\floatname": "mm", "\\restylefloat": "sm", "\\pdfoutput": "d",
}  # fmt: skip
SPACES = {"\\hspace": "sm", "\\hskip": "d", "\\hglue": "d", "\\cdashline": "m"}  # leave a space
LINES = {"\\\\": "so", "\\newline": "", "\\tabularnewline": "o", "\\cr": "", "\\vglue": "d", "\\item@": ""}
