"""Keccak-256 as Ethereum and Monero use it: SHA-3 before NIST changed its padding, which hashlib does not have.

G. Bertoni et al., The Keccak reference, version 3.0 (2011): sections 1.2 (Keccak-f[1600]) and 2.1 (the sponge).
A tenth of a millisecond times five a call; only what looks like an address is asked.
"""

from __future__ import annotations

ROUNDS, LANES, RATE = 24, 25, 136  # bytes; 1600 bits less twice 256
MASK = (1 << 64) - 1


def keccak_256(message: bytes) -> bytes:
    """The 32 bytes of the hash."""
    padded = bytearray(message + b"\x01" + bytes(-(len(message) + 1) % RATE))
    padded[-1] |= 0x80
    state = [0] * LANES  # lane x + 5 y
    for at in range(0, len(padded), RATE):
        for lane in range(RATE // 8):
            state[lane] ^= int.from_bytes(padded[at + 8 * lane : at + 8 * lane + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permuted(state: list[int]) -> list[int]:
    """Keccak-f[1600]: theta, rho and pi, chi, iota, 24 times; written out, as it is what an address costs."""
    mask = MASK
    for constant in CONSTANTS:
        parity = [state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)]
        mixed = [parity[x - 1] ^ (p << 1 & mask | p >> 63) for x, p in enumerate((*parity[1:], parity[0]))]
        state = [lane ^ mix for lane, mix in zip(state, mixed * 5, strict=True)]
        moved = [(state[i] << left & mask) | state[i] >> right for i, left, right in MOVES]
        state = [moved[i] ^ (~moved[j] & moved[k]) for i, j, k in ROWS]
        state[0] ^= constant
    return state


def _offsets() -> list[int]:
    """Section 1.2, table 2.1: triangular numbers along the path of pi."""
    offsets = [0] * LANES
    x, y = 1, 0
    for step in range(ROUNDS):
        offsets[x + 5 * y] = (step + 1) * (step + 2) // 2 % 64
        x, y = y, (2 * x + 3 * y) % 5
    return offsets


def _constants() -> list[int]:
    """Section 1.2: bits 2^j - 1 of a lane, from the register x^8 + x^6 + x^5 + x^4 + 1."""
    register, constants = 1, []
    for _ in range(ROUNDS):
        constant = 0
        for j in range(7):
            constant |= (register & 1) << ((1 << j) - 1)
            register = register << 1 ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def _moves() -> list[tuple[int, int, int]]:
    """For each lane after rho and pi: where it came from, and by how much it turned, to the left and to the right."""
    offsets, moves = _offsets(), [(0, 0, 0)] * LANES
    for i, offset in enumerate(offsets):
        x, y = i % 5, i // 5
        moves[y + 5 * ((2 * x + 3 * y) % 5)] = (i, offset, 64 - offset)
    return moves


CONSTANTS, MOVES = _constants(), _moves()
ROWS = [(r + x, r + (x + 1) % 5, r + (x + 2) % 5) for r in range(0, LANES, 5) for x in range(5)]  # what chi combines
