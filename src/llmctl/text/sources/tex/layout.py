"""Commands that say how a page looks or how TeX works: table rows with the arguments that go with them.

The arguments are those of LaTeX2e (`source2e`), of the packages named beside a row, or of The TeXbook.
"""

from __future__ import annotations

from llmctl.text.sources.tex.tokens import words

# switches without arguments: the command goes, nothing else
SILENT = words(
    r"""
    \allowbreak \and \backmatter \balance \begingroup \bf \bfseries \bgroup \boldmath \boldsymbol \bottomrule \break
    \ce \centering \cleardoublepage \clearpage \columnbreak \crcr \definition \displaystyle \document \dotfill
    \doublespacing \egroup \eject \em \emph \enddata \enddefinition \endexample \endfirsthead \endfoot \endgroup
    \endhead \endlastfoot \endremark \endtopmatter \example \expandafter \fbox \flushbottom \footnotesize
    \frenchspacing \frontmatter \fussy \global \hbox \hfilneg \hline \hrulefill \hss \Huge \huge \IEEEauthorblockN
    \IEEEPARstart \IEEEpeerreviewmaketitle \ignorespaces \ignorespacesafterend \indent \interlinepenalty \it
    \itshape \LARGE \Large \large \leavevmode \lefteqn \limits \linebreak \linenumbers \listoffigures \listoftables
    \llap \long \lowercase \lsstyle \mainmatter \makeatletter \makeatother \makeindex \MakeLowercase \maketitle
    \MakeUppercase \mathrm \mathstrut \mbox \mdseries \midrule \newblock \newpage \noalign \nobreak \nocorr
    \nocorrection \noexpand \noindent \nolimits \nolinebreak \nolinenumbers \nonfrenchspacing \nonumber \nopagebreak
    \normalem \normalfont \normalsize \notag \null \num \obeylines \obeyspaces \offinterlineskip \omit \onecolumn
    \onecolumngrid \onehalfspacing \outer \pagebreak \phantomsection \printindex \protect \qed \qedhere \qedsymbol
    \raggedbottom \raggedleft \raggedright \relax \remark \rlap \rm \rmfamily \rotate \sc \scriptsize \scriptstyle
    \scshape \selectfont \sf \sffamily \singlespacing \sl \sloppy \slshape \small \smallskip \smash \so
    \squeezetable \startdata \strut \supereject \swapnumbers \tableofcontents \text \textbf \textit \textmd
    \textnormal \textrm \textsc \textsf \textsl \textstyle \textsubscript \textsuperscript \texttt \textup \tiny
    \topmatter \toprule \tt \ttfamily \twocolumngrid \ul \uline \unboldmath \underline \unskip \uppercase \upshape
    \nopagecolor \vadjust \vfil \vfill \vss \alert \only \onslide \pause \uncover \visible"""
)
# of those with arguments, the ones that AMS-TeX ends with `\\endaddress` and so on
AMS_TEX = words("\\address \\affil \\email \\thanks \\date \\subjclass \\curraddr \\urladdr \\dedicatory \\translator")
# of those with arguments, the ones whose meaning a paper cannot change
OURS = words(
    "\\label \\index \\bibliography \\bibliographystyle \\nocite \\bibitem \\printbibliography \\includegraphics \\thanks \\vspace "
    "\\affiliation \\affil \\address \\email \\date \\textcolor \\color \\setlength \\setcounter"
)
# with arguments: s star, o in brackets, m mandatory, d a dimension, p in parentheses; arguments not named stay text
DROPPED = {
    "\\nref": "mm", "\\lref": "mm", "\\refs": "m", "\\listrefs": "", "\\Date": "m", "\\dedicatory": "m",
    "\\translator": "m", "\\vspace": "sm", "\\label": "m", "\\bibliographystyle": "m", "\\bibliography": "m",
    "\\nobibliography": "sm", "\\printbibliography": "o", "\\addbibresource": "om", "\\nocite": "m",
    "\\setcounter": "mm", "\\addtocounter": "mm", "\\stepcounter": "m", "\\refstepcounter": "m", "\\newcounter": "mo",
    "\\setlength": "mm", "\\addtolength": "mm", "\\newlength": "m", "\\settowidth": "mm", "\\newdimen": "m",
    "\\newskip": "m", "\\newcount": "m", "\\newtoks": "m", "\\newbox": "m", "\\pagestyle": "m",
    "\\thispagestyle": "m", "\\pagenumbering": "m", "\\includegraphics": "soom", "\\includepdf": "om",
    "\\epsfig": "m", "\\psfig": "m", "\\epsfbox": "om", "\\plotone": "m", "\\plottwo": "mm", "\\epsscale": "m",
    "\\graphicspath": "m", "\\DeclareGraphicsExtensions": "m", "\\index": "m", "\\glossary": "m", "\\hypersetup": "m",
    "\\hyphenation": "m", "\\definecolor": "mmm", "\\color": "om", "\\colorlet": "mm", "\\textcolor": "om",
    "\\colorbox": "om", "\\fcolorbox": "mm", "\\rowcolor": "om", "\\cellcolor": "om", "\\numberwithin": "omm",
    "\\theoremstyle": "m", "\\captionsetup": "om", "\\lstset": "m", "\\rule": "omm", "\\parbox": "ooom",
    "\\resizebox": "smm", "\\scalebox": "mo", "\\raisebox": "moo", "\\rotatebox": "om", "\\makebox": "oo",
    "\\framebox": "oo", "\\multicolumn": "mm", "\\multirow": "omom", "\\cline": "m", "\\cmidrule": "om",
    "\\fontsize": "mm", "\\fontfamily": "m", "\\usefont": "mmmm", "\\linespread": "m", "\\hypertarget": "m",
    "\\hyperlink": "m", "\\hyperref": "o", "\\phantom": "m", "\\hphantom": "m", "\\vphantom": "m",
    "\\addcontentsline": "mmm", "\\addtocontents": "mm", "\\markboth": "mm", "\\markright": "m", "\\date": "m",
    "\\thanks": "m", "\\address": "om", "\\affiliation": "om", "\\affil": "om", "\\altaffiltext": "mm",
    "\\altaffilmark": "m", "\\altaffiliation": "om", "\\institute": "m", "\\institution": "m", "\\email": "om",
    "\\ead": "om", "\\homepage": "om", "\\urladdr": "m", "\\curraddr": "m", "\\orcid": "m", "\\subjclass": "om",
    "\\pacs": "m", "\\preprint": "m", "\\titlerunning": "m", "\\authorrunning": "m", "\\shorttitle": "m",
    "\\shortauthors": "m", "\\slugcomment": "m", "\\received": "m", "\\revised": "m", "\\accepted": "m",
    "\\published": "m", "\\submitted": "m", "\\journal": "m", "\\journalname": "m", "\\volume": "m",
    "\\tablewidth": "m", "\\tabletypesize": "m", "\\tablecolumns": "m", "\\tablenum": "m", "\\tablehead": "m",
    "\\tablerefs": "m", "\\todo": "om", "\\marginpar": "om", "\\marginnote": "om", "\\pdfinfo": "m",
    "\\pdfbookmark": "omm", "\\special": "m", "\\geometry": "m", "\\allowdisplaybreaks": "o",
    "\\newcolumntype": "mom", "\\DeclareMathAlphabet": "mmmmm", "\\DeclareSymbolFont": "mmmmm",
    "\\SetMathAlphabet": "mmmmmm", "\\DeclareMathSymbol": "mmmm", "\\DeclareFontFamily": "mmm",
    "\\DeclareFontShape": "mmmmmm", "\\input@path": "m", "\\usetikzlibrary": "m", "\\tikzset": "m",
    "\\pgfplotsset": "m", "\\tikz": "om", "\\selectlanguage": "m", "\\footnotemark": "o", "\\foreignlanguage": "m",
    "\\setmainfont": "om", "\\setsansfont": "om", "\\setmonofont": "om", "\\newfont": "mm", "\\corauth": "om",
    "\\cortext": "om", "\\corref": "m", "\\fntext": "om", "\\fnref": "m", "\\tnotetext": "om", "\\tnoteref": "m",
    "\\inst": "m", "\\IEEEauthorrefmark": "m", "\\ccsdesc": "om", "\\acmConference": "ommm", "\\acmJournal": "m",
    "\\acmDOI": "m", "\\acmISBN": "m", "\\copyrightyear": "m", "\\setcopyright": "m", "\\bibitem": "om",
    "\\additionalauthors": "m", "\\PassOptionsToPackage": "mm", "\\excludecomment": "m", "\\includecomment": "m",
    "\\includeonly": "m", "\\externaldocument": "om", "\\allsectionsfont": "m", "\\sectionfont": "m",
    "\\titleformat": "smmmmmo", "\\titlespacing": "smmmmo", "\\Crefname": "mmm", "\\crefname": "mmm",
    "\\newacronym": "ommm", "\\DeclareCaptionFont": "mm", "\\setenumerate": "om", "\\setitemize": "om",
    "\\setlist": "om", "\\newlist": "mmm", "\\IEEEauthorblockA": "m", "\\kern": "d", "\\mskip": "d", "\\mkern": "d",
    "\\hsize": "d", "\\vsize": "d", "\\hoffset": "d", "\\voffset": "d", "\\parindent": "d", "\\parskip": "d",
    "\\baselineskip": "d", "\\lineskip": "d", "\\magnification": "d", "\\tolerance": "d", "\\textwidth": "d",
    "\\textheight": "d", "\\topmargin": "d", "\\oddsidemargin": "d", "\\evensidemargin": "d", "\\headheight": "d",
    "\\headsep": "d", "\\footskip": "d", "\\columnsep": "d", "\\leftskip": "d", "\\rightskip": "d",
    "\\hangindent": "d", "\\hangafter": "d", "\\pageno": "d", "\\penalty": "d", "\\raise": "d", "\\lower": "d",
    "\\moveleft": "d", "\\moveright": "d", "\\baselinestretch": "d", "\\hbadness": "d", "\\vbadness": "d",
    "\\hfuzz": "d", "\\vfuzz": "d", "\\widowpenalty": "d", "\\clubpenalty": "d", "\\abovedisplayskip": "d",
    "\\belowdisplayskip": "d", "\\looseness": "d", "\\emergencystretch": "d", "\\advance": "md", "\\catcode": "dmd",
    "\\count": "dd", "\\dimen": "dd", "\\tabcolsep": "d", "\\arraycolsep": "d", "\\hrule": "d", "\\vrule": "d",
    "\\put": "p", "\\ProvidesPackage": "mo", "\\NeedsTeXFormat": "mo", "\\enlargethispage": "sm",
    "\\newfloat": "mmmo", "\\specialcomment": "mmm", "\\itemsep": "d", "\\parsep": "d",
    "\\topsep": "d", "\\partopsep": "d", "\\leftmargin": "d", "\\labelsep": "d", "\\itemindent": "d",
    "\\labelwidth": "d", "\\listparindent": "d", "\\floatstyle": "m", "\\floatname": "mm", "\\restylefloat": "sm",
    "\\pdfoutput": "d", "\\fontseries": "m", "\\fontshape": "m", "\\fontencoding": "m", "\\pagecolor": "om",
    "\\newgeometry": "m", "\\bookmark": "om", "\\ding": "m", "\\CenterWallPaper": "mm", "\\ThisCenterWallPaper": "mm",
    "\\TileWallPaper": "mmm", "\\ThisTileWallPaper": "mmm", "\\ULCornerWallPaper": "mm", "\\URCornerWallPaper": "mm",
    "\\LLCornerWallPaper": "mm", "\\LRCornerWallPaper": "mm", "\\ThisULCornerWallPaper": "mm",
    "\\ThisURCornerWallPaper": "mm", "\\ThisLLCornerWallPaper": "mm", "\\ThisLRCornerWallPaper": "mm",
}  # fmt: skip
SPACES = {"\\hspace": "sm", "\\hskip": "d", "\\hglue": "d", "\\cdashline": "m"}  # leave a space
# algorithmic, algorithmicx, algorithm2e: a line each, with the word that it begins with
PSEUDOCODE = {
    "\\STATE": "", "\\State": "", "\\Statex": "", "\\IF": "if ", "\\If": "if ", "\\ELSE": "else ", "\\Else": "else ",
    "\\ELSIF": "else if ", "\\ElsIf": "else if ", "\\FOR": "for ", "\\For": "for ", "\\FORALL": "for all ",
    "\\ForAll": "for all ", "\\WHILE": "while ", "\\While": "while ", "\\REPEAT": "repeat ", "\\Repeat": "repeat ",
    "\\UNTIL": "until ", "\\Until": "until ", "\\REQUIRE": "Require: ", "\\Require": "Require: ",
    "\\ENSURE": "Ensure: ", "\\Ensure": "Ensure: ", "\\RETURN": "return ", "\\Return": "return ", "\\ENDIF": "",
    "\\EndIf": "", "\\ENDFOR": "", "\\EndFor": "", "\\ENDWHILE": "", "\\EndWhile": "", "\\KwIn": "Input: ",
    "\\KwOut": "Output: ", "\\KwResult": "Result: ", "\\KwData": "Data: ",
}  # fmt: skip
LINES = {"\\\\": "so", "\\newline": "", "\\tabularnewline": "o", "\\cr": "", "\\vglue": "d"}
BREAKS = {"\\vskip": "d", "\\bigskip": "", "\\medskip": ""}  # end a paragraph
