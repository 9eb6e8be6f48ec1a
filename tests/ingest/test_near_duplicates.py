import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from ferflow.ingest import near_duplicates
from ferflow.ingest.near_duplicates import Pairs, near_groups, perceptual_hash
from tests.near import sorted_pairs


def distance(a: np.uint64, b: np.uint64) -> int:
    return (int(a) ^ int(b)).bit_count()


@pytest.mark.parametrize("bits", [0, 1, 4, 7, 16, 63])
def test_pairs_are_those_of_brute_force(bits: int) -> None:
    rng = np.random.default_rng(bits)
    hashes = rng.integers(0, 1 << 63, 120, dtype=np.uint64)
    flips = np.array([sum(1 << int(bit) for bit in rng.choice(64, k, False)) for k in range(20)], np.uint64)
    hashes = rng.permutation(np.concatenate([hashes, hashes[:20] ^ flips]))
    expected = [
        [i, j]
        for i, j in itertools.combinations(range(len(hashes)), 2)
        if distance(hashes[i], hashes[j]) <= bits
    ]
    assert len(expected) > bits / 2
    assert sorted_pairs(hashes, bits).tolist() == expected


@pytest.mark.parametrize("sharing", [-20, 0, 3])
@pytest.mark.parametrize("bits", [0, 4, 7])
def test_any_number_of_bands_finds_the_same_pairs(
    bits: int, sharing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(bits)
    hashes = rng.integers(0, 1 << 63, 400, dtype=np.uint64)
    hashes[200:] = hashes[:200] ^ np.array(
        [sum(1 << int(bit) for bit in rng.choice(64, bits, False)) for _ in range(200)], np.uint64
    )
    expected = sorted_pairs(hashes, bits)
    assert len(expected) >= 200
    monkeypatch.setattr(near_duplicates, "_SHARING_BITS", sharing)
    assert np.array_equal(sorted_pairs(hashes, bits), expected)


def test_more_hashes_share_buckets_of_more_bands() -> None:
    few, many = near_duplicates._masks(4, 1000), near_duplicates._masks(4, 4_000_000)
    assert (len(few), len(many)) == (5, 15)
    assert {int(mask).bit_count() for mask in many} <= {20, 21, 22}


def test_buckets_larger_than_a_block() -> None:
    assert len(sorted_pairs(np.zeros(700, dtype=np.uint64), 2)) == 700 * 699 // 2


@pytest.mark.parametrize("bits", [0, 2, 16])
def test_groups_are_those_that_all_pairs_connect(bits: int) -> None:
    rng = np.random.default_rng(bits)
    hashes = rng.integers(0, 1 << 63, 60, dtype=np.uint64)
    flips = np.array(
        [sum(1 << int(bit) for bit in rng.choice(64, bits, False)) for _ in range(20)], np.uint64
    )
    hashes = np.concatenate(
        [hashes, hashes[:20] ^ flips, hashes[10:20], hashes[10:20], hashes[:5] ^ flips[:5]]
    )
    hashes = rng.permutation(hashes)
    pairs, group = near_groups(hashes, bits)
    every_pair = sorted_pairs(hashes, bits)
    assert pairs == len(every_pair) > 20
    connected = list(range(len(hashes)))
    for i, j in every_pair.tolist():
        connected = [connected[i] if of == connected[j] else of for of in connected]
    assert (np.equal.outer(group, group) == np.equal.outer(connected, connected)).all()


def test_groups_of_more_links_than_are_kept() -> None:
    rng = np.random.default_rng(0)
    flips = np.array([sum(1 << int(bit) for bit in rng.choice(64, 2, False)) for _ in range(900)], np.uint64)
    of = rng.integers(0, 3, 900)
    hashes = np.array([0, (1 << 40) - 1, (1 << 63) - 1], dtype=np.uint64)[of] ^ flips
    pairs, group = near_groups(hashes, 4)
    assert pairs == sum(n * (n - 1) // 2 for n in np.bincount(of).tolist())
    assert (np.equal.outer(group, group) == np.equal.outer(of, of)).all()


def test_equal_hashes_are_compared_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    close = near_duplicates._close

    def counted(hashes: NDArray[np.uint64], bucket: NDArray[np.int64], bits: int) -> Iterator[Pairs]:
        compared.append(len(bucket))
        return close(hashes, bucket, bits)

    monkeypatch.setattr(near_duplicates, "_close", counted)
    hashes = np.repeat(np.array([0, 1, (1 << 62) - 1], dtype=np.uint64), [300, 200, 100])
    pairs, group = near_groups(hashes, 4)
    assert pairs == 500 * 499 // 2 + 100 * 99 // 2
    assert (group[:500] == group[0]).all() and (group[500:] == group[500]).all() and group[0] != group[500]
    assert compared and max(compared) <= 3


@pytest.mark.parametrize("count", [0, 1])
def test_no_pairs_without_two(count: int) -> None:
    none = np.zeros(count, dtype=np.uint64)
    assert sorted_pairs(none, 4).shape == (0, 2)
    pairs, group = near_groups(none, 4)
    assert (pairs, group.tolist()) == (0, [0] * count)


@pytest.mark.parametrize("side", [8, 12, 48, 100])
def test_hash_forgives_light_and_noise_but_not_another_image(side: int) -> None:
    rng = np.random.default_rng(0)
    images = rng.uniform(0, 255, (6, side, side))
    other_light = np.clip(images * 0.8 + 20 + rng.normal(0, 1, images.shape), 0, 255).astype(np.uint8)
    first, second = perceptual_hash(images.astype(np.uint8)), perceptual_hash(other_light)
    assert first.dtype == np.uint64
    same = [distance(a, b) for a, b in zip(first, second, strict=True)]
    different = [distance(a, b) for a, b in itertools.combinations(first, 2)]
    assert max(same) < min(different)


def test_hash_does_not_depend_on_its_neighbours() -> None:
    images = np.random.default_rng(0).integers(0, 256, (4100, 9, 9), dtype=np.uint8)
    np.testing.assert_array_equal(perceptual_hash(images)[4095:], perceptual_hash(images[4095:]))


def test_light_from_one_side_does_not_count() -> None:
    images = np.random.default_rng(0).integers(0, 100, (5, 48, 48), dtype=np.uint8)
    ramp = np.arange(0, 144, 3, dtype=np.uint8)
    plain = perceptual_hash(images)
    np.testing.assert_array_equal(perceptual_hash(images + ramp), plain)
    np.testing.assert_array_equal(perceptual_hash(images + ramp[:, None]), plain)
