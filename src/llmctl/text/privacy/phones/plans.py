"""Plans of numbers: what `phonenumbers` (Google's libphonenumber) says of a number that is written down.

An international number (`+`) counts where it is valid; a national one where it is valid in a known region and grouped
as people of the region group it.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import phonenumbers

from llmctl.text.privacy.pseudonyms import is_reserved
from llmctl.text.privacy.spans import Options

MOBILE_CN = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")  # written without spaces in Chinese text
LOCAL = re.compile("[2-9][0-9]{2}[ \u00a0.-][0-9]{4}")  # North America's, without an area
MIN_ALONE = 10  # digits of a number that is whole without separators
MAX_SIGNIFICANT = (
    11  # digits of a number behind the country code; longer ones, which the library knows, have an extension
)


def is_known(value: str, groups: list[str], options: Options) -> bool:
    """Whether the number is valid in its country, or in a region that is asked for and written as it is there."""
    if "+" in value:
        return _valid(value, None) is not None or _is_possible(value)
    return any(_is_written_in(value, groups, region) for region in options.regions)


def is_whole(value: str, options: Options) -> bool:
    """Whether a number of some plan is this long: no digit is missing, and none is too many."""
    if LOCAL.fullmatch(value) or is_reserved("phone", value):  # a pseudonym ends where the number ended
        return True
    if "+" in value:
        number = _valid(value, None)
        return number is not None and len(str(number.national_number)) <= MAX_SIGNIFICANT
    groups = groups_of(value)
    if not groups or sum(map(len, groups)) > MAX_SIGNIFICANT + 1:
        return False
    if len(groups) == 1 and len(groups[0]) >= MIN_ALONE:
        national = [region for region in options.regions if region == "US" or groups[0][0] == "0"]
        if any(_valid(groups[0], region) for region in national):
            return True
    return any(_is_written_in(value, groups, region) for region in options.regions)


def _is_written_in(value: str, groups: list[str], region: str) -> bool:
    """A national number must be grouped as people of the region group it: `1234 5678` is no phone by itself."""
    digits = "".join(groups)
    if region == "CN" and _is_mobile_cn(groups):
        return _valid(value, region) is not None
    if len(groups) < 2 or (region in ("GB", "DE", "FR", "CN") and digits[0] != "0"):  # their trunk prefix, ITU-T E.164
        return False
    if region == "US":
        groups = groups[1:] if groups[0] in ("1", "001") else groups
        return [len(group) for group in groups] == [3, 3, 4] and is_north_american("".join(groups))
    number = _valid(value, region)
    if number is None:
        return False
    wanted = groups_of(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    return groups == wanted or (digits[0] == "0" and groups[0] == wanted[0] and min(map(len, groups[1:])) > 1)


def _is_mobile_cn(groups: list[str]) -> bool:
    groups = groups[1:] if groups[0] in ("86", "0086") else groups
    return [len(group) for group in groups] in ([11], [3, 4, 4]) and MOBILE_CN.fullmatch("".join(groups)) is not None


@functools.lru_cache(maxsize=1)
def _north_american() -> re.Pattern[str]:
    """What the library takes for valid in some country of +1; its own parser needs 80 microseconds a number."""
    kinds = (
        "fixed_line",
        "mobile",
        "toll_free",
        "premium_rate",
        "shared_cost",
        "personal_number",
        "voip",
        "pager",
        "uan",
    )
    patterns = set()
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        metadata: Any = phonenumbers.PhoneMetadata.metadata_for_region(region)
        descriptions = [getattr(metadata, kind) for kind in kinds]
        patterns |= {kind.national_number_pattern for kind in descriptions if kind and kind.national_number_pattern}
    return re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns)))


def is_north_american(digits: str) -> bool:
    """Whether ten digits are a number in some country of +1."""
    return _north_american().fullmatch(digits) is not None


@functools.lru_cache(maxsize=4096)
def _valid(value: str, region: str | None) -> Any:
    """The number where it is valid, else None."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def has_country(value: str) -> bool:
    """Whether what follows `+` begins with a country code."""
    try:
        phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return False
    return True


def _is_possible(value: str) -> bool:
    """`+`, a country code, as many digits as numbers of that country have: no other figure looks so."""
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return False
    return sum(map(str.isdigit, value)) >= 10 and phonenumbers.is_possible_number(number)


def groups_of(value: str) -> list[str]:
    """The runs of digits."""
    return re.findall(r"[0-9]+", value)
