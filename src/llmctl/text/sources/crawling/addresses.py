"""Which machine a crawl may connect to: an address as the system resolved it -> whether it is one of the public Internet.

Names prove nothing (`127.1`, `localhost.example`, a name that changes between two look-ups), so what is judged is the
address of the connection itself. An IPv6 address that carries an IPv4 address is judged by both.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# prefixes behind which a gateway finds an IPv4 address in the last four bytes: NAT64 (RFC 6052 2.1, RFC 8215) and
# IPv4-compatible addresses (RFC 4291 2.5.5.1)
CARRIERS = tuple(ipaddress.IPv6Network(prefix) for prefix in ("64:ff9b::/96", "64:ff9b:1::/48", "::/96"))

# of the registries of IANA, not globally reachable, and missing in `ipaddress` of Python 3.11 (3.13 has them all)
NOT_PUBLIC = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "3fff::/20", "5f00::/16", "fec0::/10")))


def may_connect(host: str, address: str, allowed: Sequence[str] = ()) -> bool:
    """Whether a connection to `address`, which `host` resolved to, is fine.

    `allowed` are hosts, addresses and networks that are fine although they are not public.
    """
    if host.strip("[]").lower() in {one.strip("[]").lower() for one in allowed}:
        return True
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return any(found in network for network in _networks(allowed)) or all(is_public(one) for one in _all_of(found))


def is_public(address: Address) -> bool:
    """Whether the registries of IANA call the address globally reachable, and it is one machine's."""
    if any(address in network for network in NOT_PUBLIC):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _all_of(address: Address) -> Iterator[Address]:
    """The address, or the IPv4 addresses that it stands for and, where it is routed itself, the address as well."""
    if isinstance(address, ipaddress.IPv4Address):
        yield address
        return
    if address.ipv4_mapped:
        yield address.ipv4_mapped
        return
    yield address
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    if any(address in carrier for carrier in CARRIERS):
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _networks(allowed: Sequence[str]) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for one in allowed:
        try:
            yield ipaddress.ip_network(one.strip("[]"), strict=False)
        except ValueError:
            continue  # the name of a host
