"""scrub: which personal data is looked for, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob, nearest

ENTITIES = (
    "email", "phone", "ip", "card", "iban", "id-number", "secret", "url-credentials", "handle", "mac", "crypto", "name",
    "address", "birth-date",
)  # fmt: skip
GUESSED = ("handle", "name", "address")  # of people one may want to read about: looked for where they are asked for
USUAL = tuple(entity for entity in ENTITIES if entity not in GUESSED)
MODES = ("mask", "pseudonym", "drop", "flag")


@dataclass(frozen=True)
class Ip:
    """Internet addresses."""

    private: bool = knob(False, "treat private and reserved addresses as personal too")


@dataclass(frozen=True)
class Scrub:
    """documents -> documents without personal data in their text; spans are recorded, values never."""

    entities: tuple[str, ...] = knob(
        USUAL, f"what to look for; not by default: {', '.join(GUESSED)}; or all", option=True,
        choices=(*ENTITIES, "all"), metavar="LIST",
    )  # fmt: skip
    mode: Mapping[str, str] = knob(
        {"all": "mask"},
        "mask (placeholder), pseudonym (a value of the same shape), drop (the row) or flag (record the span alone);"
        " of one entity: --set mode.email=drop",
        option=True, metavar="|".join(MODES),
    )  # fmt: skip
    key_file: str = knob(
        "", "secret that pseudonyms are made with, 16 bytes or more; never recorded", option=True, keyed=False,
        metavar="FILE",
    )  # fmt: skip
    max_spans_per_kb: float | None = knob(
        None, "drop a document with more spans to a thousand bytes", option=True, low=0, metavar="N"
    )
    evaluate: tuple[str, ...] = knob(
        (), "precision, recall and F1 on documents with known spans; writes nothing", option=True, keyed=False,
        metavar="GOLD.jsonl", split=False,
    )  # fmt: skip
    regions: tuple[str, ...] = knob(
        ("US", "GB", "DE", "FR", "CN"), "countries whose national phone numbers are recognised", metavar="LIST"
    )
    ip: Ip = knob(Ip(), "internet addresses")
    shard_bytes: Size = knob(Size(0), "bytes of a unit of work (0: by the size of the input)", low=0)

    def __post_init__(self) -> None:
        for entity, mode in self.mode.items():
            if entity not in (*ENTITIES, "all"):
                raise BadValue(f"mode.{entity}: no entity {entity!r}{nearest(entity, ENTITIES)}")
            if mode not in MODES:
                raise BadValue(f"mode.{entity}: no action {mode!r}{nearest(mode, MODES)}")
            if entity not in (*self.looked_for, "all"):
                raise BadValue(f"mode.{entity}: {entity} is not looked for; add it to --entities")
        if not self.looked_for:
            raise BadValue("entities: none is named; leave --entities out, or write for example --entities email,phone")
        if not self.key_file and any(self.action_of(entity) == "pseudonym" for entity in self.looked_for):
            raise BadValue("mode pseudonym needs --key-file FILE; make one with `head -c 32 /dev/urandom > scrub.key`")

    @property
    def looked_for(self) -> tuple[str, ...]:
        """The entities, `all` resolved."""
        return ENTITIES if "all" in self.entities else tuple(e for e in ENTITIES if e in self.entities)

    def action_of(self, entity: str) -> str:
        """What is done with one entity."""
        return self.mode.get(entity, self.mode.get("all", "mask"))
