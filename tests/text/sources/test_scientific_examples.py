"""The examples of the documentation, read to the letter."""

from __future__ import annotations

from conftest import ROOT

from llmctl.text.sources.record import Record
from llmctl.text.sources.scientific import documents, is_scientific

PLACE = ROOT / "examples" / "sources" / "scientific"
LATTICE = r"""# Returning walks on small lattices

## Abstract

We count walks on $\mathbb{Z}^d$ that return to where they began. For $d \le 2$ the count is elementary.

## Introduction

A walk of length $2n$ on $\mathbb{Z}$ ends at its origin with probability
\begin{equation}
P_{2n}(0) = 4^{-n}\binom{2n}{n}
\end{equation}
as every textbook shows. The rest of this note is “folklore” — see [...] for $d=3$.

## Walks in the plane

Proposition (diagonal steps). On $\mathbb{Z}^2$ the probability is the square of ([...]).

Proof. Turn the lattice by $45^\circ$: both coordinates become independent walks on $\mathbb{Z}$, so that
\begin{align*}
P(0) &= P_{2n}(0)^2 \\
&\sim \frac{1}{\pi n},
\end{align*}
and $\operatorname{dist}(0, X_n)$ grows like $\sqrt n$. (In the mean.)

Two things follow:
1. the walk returns infinitely often;
2. it takes its time, as Table [...] shows.

Table: How often a walk on $\mathbb{Z}$ is back after $2n$ steps."""
NOTE = r"""On a sum of reciprocals

For every $x\in{\bf R}$ with $|x|<1$ we have
$$\sum_{k\ge0} x^k = {1\over1-x},$$
which naïve readers ascribe to the 18th century.

Put $x={1\over2}$; both sides are $2$."""
OSCILLATOR = r"""# Zwei gekoppelte Oszillatoren

## Abstract

Wir koppeln zwei Oszillatoren und zählen die Zustände $|n\rangle$.

## Einführung

Nach Gross & Klein (2026) gilt für die Energie $E_n = \hbar\omega(n+\tfrac12)$.

Figure: Zwei Massen und eine Feder.

Das Programm:
```
for n in range(3): print(n + 0.5)  # 50% of it
```

## Einheiten

Wir setzen $\hbar=1$."""


def test_a_project_of_two_files() -> None:
    files = {path.relative_to(PLACE).as_posix(): path.read_bytes() for path in PLACE.glob("lattice/**/*.tex")}
    found = documents(Record(path="lattice/main.tex", parts=files))[0]
    assert found.text == LATTICE
    assert found.metadata["authors"] == ["Ida Noether-Klein", "Jörg Ströbele"]
    assert found.metadata["files"] == ["lattice/main.tex", "lattice/sections/walks.tex"]


def test_a_note_in_plain_tex() -> None:
    record = Record(path="note.tex", payload=(PLACE / "note.tex").read_bytes())
    assert is_scientific(record)
    assert documents(record)[0].text == NOTE


def test_a_submission_of_arxiv() -> None:
    record = Record(path="2611.04211.gz", payload=(PLACE / "2611.04211.gz").read_bytes())
    assert is_scientific(record)
    found = documents(record)[0]
    assert found.text == OSCILLATOR
    assert found.url == "https://arxiv.org/abs/2611.04211"
    assert found.metadata["charset"] == "windows-1252"
    assert found.metadata["missing_files"] == 1
