"""scrub: which personal data is looked for, and what is done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llmctl.settings.knobs import BadValue, Size, knob, nearest

ENTITIES = (
    "email", "phone", "ip", "card", "iban", "id-number", "secret", "url-credentials", "handle", "mac", "crypto", "name",
    "address", "birth-date",
)  # fmt: skip
MODES = ("mask", "drop", "flag")


@dataclass(frozen=True)
class Ip:
    """Internet addresses."""

    private: bool = knob(False, "treat private and reserved addresses as personal too")


@dataclass(frozen=True)
class Scrub:
    """documents -> documents without personal data; spans are recorded, values never."""

    entities: tuple[str, ...] = knob(ENTITIES, "what to look for", option=True, choices=ENTITIES, metavar="LIST")
    mode: Mapping[str, str] = knob(
        {"all": "mask"},
        "mask (placeholder), drop (the row) or flag (record the span alone); of one entity: --set mode.email=drop",
        option=True, metavar="|".join(MODES),
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

    def action_of(self, entity: str) -> str:
        """What is done with one entity."""
        return self.mode.get(entity, self.mode.get("all", "mask"))
