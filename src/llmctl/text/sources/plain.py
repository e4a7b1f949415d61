"""other: text as it stands, of rows that are documents already and of plain files."""

from __future__ import annotations

from llmctl.text.sources import formats, web
from llmctl.text.sources.pages import html
from llmctl.text.sources.record import Document, Record, Refused


def documents(record: Record) -> list[Document]:
    """The one document of a text; Refused for no_text, type, empty."""
    if record.text is not None:
        return [Document(html.clean(record.text))]
    if record.given:
        raise Refused("unreadable:no_text")
    if formats.is_html(record.payload[: formats.HEAD]) and web.is_template(record.payload[: formats.HEAD]):
        raise Refused("type")
    return web.documents(record)
