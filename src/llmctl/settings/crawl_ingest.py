"""Knobs of `crawl-ingest`: how each kind of source is read, and how far the crawler goes."""

from __future__ import annotations

from dataclasses import dataclass

from llmctl.settings.knobs import Size, knob

SOURCES = ("web", "conversation", "book", "scientific", "code", "qa", "other")
REMOVED_CODE = ("generated", "minified", "vendored", "data_like")


@dataclass(frozen=True)
class Conversation:
    """Logs, dialogues and chats."""

    policy: str = knob(
        "component", "how a dialogue of a log is laid out: all of it in time, a path, paths, messages, or a tree",
        choices=("component", "longest", "all-paths", "atomic", "tree"),
    )  # fmt: skip
    speakers: str = knob(
        "names", "speakers as the log names them, or numbered in each document", choices=("names", "numbered")
    )
    min_messages: int = knob(2, "a dialogue of fewer messages is no document", low=1)


@dataclass(frozen=True)
class Book:
    """Books."""

    unwrap: bool = knob(True, "join the hard-wrapped lines of prose to paragraphs")


@dataclass(frozen=True)
class Scientific:
    """Papers in TeX."""

    floats: str = knob(
        "captions", "what stays of figures and tables: their captions, nothing, or all",
        choices=("captions", "drop", "keep"),
    )  # fmt: skip
    appendices: bool = knob(True, "whether appendices stay")


@dataclass(frozen=True)
class Code:
    """Files of programs."""

    remove: tuple[str, ...] = knob(REMOVED_CODE, "what goes that nobody wrote by hand", choices=REMOVED_CODE)


@dataclass(frozen=True)
class Qa:
    """Questions of Stack Exchange."""

    min_unanswered_score: int = knob(1, "a question without an answer needs such a score")
    min_answer_score: int | None = knob(None, "answers below this score are left out")
    links: bool = knob(False, "write where links lead behind their text")
    site: str = knob("", "the site, for addresses of questions (default: found in the path of the dump)")


@dataclass(frozen=True)
class Urls:
    """Addresses of records."""

    block: tuple[str, ...] = knob((), "lists of hosts and addresses that are not wanted (UT1's layout)", metavar="PATH")
    unique: bool = knob(False, "of records of one address only the first that was served stays")


@dataclass(frozen=True)
class CrawlIngest:
    """What raw records become."""

    source: str | None = knob(
        None, "read every record as this kind (default: the kind is found)", option=True, choices=SOURCES
    )
    extract: str = knob(
        "careful", "main text of HTML: trafilatura, or resiliparse and a look at its blocks (several times as fast)",
        option=True, choices=("careful", "fast"),
    )  # fmt: skip
    unit: str = knob("book", "a document a book, or one a chapter", option=True, choices=("book", "chapter"))
    licenses: str = knob(
        "any", "licences of code that may stay: any, permissive, or SPDX ids", option=True, metavar="IDS"
    )
    languages: bool = knob(
        True, "say of every document its script, and the languages of its paragraphs where they differ"
    )
    conversation: Conversation = knob(Conversation(), "conversations of many")
    book: Book = knob(Book(), "books")
    scientific: Scientific = knob(Scientific(), "papers in TeX")
    code: Code = knob(Code(), "programs")
    qa: Qa = knob(Qa(), "questions and answers")
    url: Urls = knob(Urls(), "addresses")
    max_record_bytes: Size = knob(Size(64_000_000), "larger decoded records go as too_large", low=1)
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)
