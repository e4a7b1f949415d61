"""The table of kinds of sources, in the order in which they are asked: who knows a record, and what it makes of it.

A new kind is a file of this package and a row here. Rows that are asked first must be sure: a record that two kinds would
take goes to the first. What nobody knows is text as it stands, or of no type that holds text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llmctl.text.sources import book, code, conversation, plain, qa, scientific, web
from llmctl.text.sources.record import Document, Record


@dataclass(frozen=True)
class Kind:
    """One kind of source; `documents` takes its knobs as keywords."""

    name: str
    is_kind: Callable[[Record], bool]
    documents: Callable[..., list[Document]]
    consumes: tuple[str, ...] = ()  # columns of a row that become the document itself
    options: tuple[str, ...] = ()  # knobs of the stage that it takes beside its own
    reads_text: bool = False  # whether rows of text are more to it than documents already


KINDS = (
    Kind("qa", qa.is_qa, qa.documents, consumes=("question", "answers")),
    Kind("conversation", conversation.is_conversation, conversation.documents, consumes=("messages", "conversations")),
    Kind("book", book.is_book, book.documents, options=("unit",), reads_text=True),
    Kind("scientific", scientific.is_scientific, scientific.documents),
    Kind(
        "code", code.is_code, code.documents, consumes=(*code.CONTENT, "lang"), options=("licenses",), reads_text=True
    ),
    Kind("web", web.is_web, web.documents, options=("extract",), reads_text=True),
)
OTHER = Kind("other", lambda record: True, plain.documents)
