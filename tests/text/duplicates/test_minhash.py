"""Signatures bit by bit against datasketch, bands against theory."""

from __future__ import annotations

import numpy as np
import pytest
from datasketch import MinHash, MinHashLSH

from llmctl.settings.dedup import NearSettings
from llmctl.text.duplicates import minhash
from llmctl.text.duplicates.minhash import BLOCK, band_keys, bands_for, signatures
from llmctl.text.duplicates.shingles import Shingles

RANDOM = np.random.default_rng(0)


def drawn(sizes: list[int]) -> Shingles:
    values = RANDOM.integers(0, 2**64, sum(sizes), dtype=np.uint64)
    return Shingles(np.cumsum([0, *sizes]), values)


@pytest.mark.parametrize("permutations", [16, 112, 128, 256, 286])
@pytest.mark.parametrize("seed", [1, 42])
def test_signatures_are_those_of_datasketch(permutations: int, seed: int) -> None:
    of = drawn([0, 1, 2, 63, 64, 65, 300, 0, BLOCK - 1, BLOCK, BLOCK + 1])
    found = signatures(of, permutations, seed)
    for row in range(11):
        sketch = MinHash(num_perm=permutations, seed=seed, hashfunc=lambda value: value & 0xFFFFFFFF)
        sketch.update_batch(of.hashes[of.rows[row] : of.rows[row + 1]].tolist())
        assert (sketch.hashvalues == found[row]).all()


def test_two_signatures_share_a_key_where_a_band_agrees_and_nowhere_else() -> None:
    sketches = RANDOM.integers(0, 2, (200, 24)).astype(np.uint32)  # bits, so that many bands agree
    keys = band_keys(sketches, 8, 3)
    bands = sketches.reshape(200, 8, 3)
    for one in range(0, 200, 7):
        agree = (bands[one] == bands).all(axis=2)
        assert ((keys[one] == keys) == agree).all()
    assert len({int(k) for k in band_keys(np.zeros((1, 24), np.uint32), 8, 3)[0]}) == 8


@pytest.mark.parametrize(("threshold", "count", "weight"), [(0.8, 256, 0.99), (0.7, 128, 0.5), (0.9, 112, 0.9)])
def test_bands_are_the_optimum_of_datasketch(threshold: float, count: int, weight: float) -> None:
    lsh = MinHashLSH(threshold=threshold, num_perm=count, weights=(1 - weight, weight))
    assert bands_for(threshold, count, weight) == (lsh.b, lsh.r)


def test_at_a_threshold_of_one_only_whole_signatures_propose() -> None:
    assert bands_for(1.0, 256, 0.99) == (1, 256)


@pytest.mark.parametrize("threshold", [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
def test_of_pairs_at_the_threshold_the_default_proposes_97_of_100(threshold: float) -> None:
    near = NearSettings()
    bands, rows = bands_for(threshold, near.permutations, near.miss_weight)
    assert bands * rows <= near.permutations
    assert 1 - (1 - threshold**rows) ** bands >= 0.97


def test_keys_that_the_last_value_tells_apart_differ_in_half_of_their_bits() -> None:
    one = np.arange(1000, dtype=np.uint32).repeat(8).reshape(1000, 8)
    other = one.copy()
    other[:, 7] ^= np.uint32(1) << np.arange(1000, dtype=np.uint32) % np.uint32(32)
    apart = np.bitwise_count(band_keys(one, 1, 8) ^ band_keys(other, 1, 8))
    assert abs(apart.mean() - 32) < 0.5 and apart.min() > 8


def test_what_is_known_of_datasketch_without_asking_it_is_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    known = dict(minhash.USUAL)
    monkeypatch.setattr(minhash, "USUAL", {})
    assert known and {asked: bands_for(*asked) for asked in known} == known


def test_pairs_share_a_band_as_often_as_theory_says() -> None:
    """1 - (1 - s^rows)^bands, for 600 pairs each of similarity 0.8 and 0.5, within three standard errors."""
    bands, rows = bands_for(0.8, 256, 0.99)
    for common, s in ((640, 0.8), (480, 0.5)):
        values = RANDOM.integers(0, 2**64, (600, 1440 - common), dtype=np.uint64)
        one, other = values[:, :720], np.concatenate([values[:, :common], values[:, 720:]], axis=1)
        starts = np.arange(601) * 720
        keys = [
            band_keys(signatures(Shingles(starts, np.ascontiguousarray(half).ravel()), bands * rows), bands, rows)
            for half in (one, other)
        ]
        proposed = (keys[0] == keys[1]).any(axis=1).mean()
        theory = 1 - (1 - s**rows) ** bands
        assert abs(proposed - theory) < 3 * max((theory * (1 - theory) / 600) ** 0.5, 1 / 600)
