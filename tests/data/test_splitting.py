from collections import Counter

import pytest

from samuel_gen.data.splitting import split_songs


def names(count: int, prefix: str = "song") -> list[str]:
    return [f"{prefix} {number}" for number in range(count)]


def test_shares():
    counts = Counter(split_songs(names(5000)).values())
    assert counts["train"] / 5000 == pytest.approx(0.8, abs=0.02)
    assert counts["validation"] / 5000 == pytest.approx(0.1, abs=0.02)
    assert counts["test"] / 5000 == pytest.approx(0.1, abs=0.02)


def test_the_order_does_not_matter():
    some = names(50)
    assert split_songs(some) == split_songs(some[::-1])


def test_songs_stay_where_they_are_when_others_come():
    before, after = split_songs(names(200)), split_songs(names(400))
    assert all(after[name] == split for name, split in before.items())


@pytest.mark.parametrize("count", [3, 4, 5, 10])
@pytest.mark.parametrize("prefix", ["a", "b", "c", "d", "e", "f"])
def test_from_three_songs_on_every_split_has_one(count, prefix):
    assert set(split_songs(names(count, prefix)).values()) == {"train", "validation", "test"}


@pytest.mark.parametrize("prefix", ["a", "b", "c", "d"])
def test_fewer_songs(prefix):
    assert list(split_songs(names(1, prefix)).values()) == ["train"]
    assert sorted(split_songs(names(2, prefix)).values()) == ["train", "validation"]
    assert split_songs([]) == {}


def test_a_share_of_zero_stays_empty():
    assert set(split_songs(names(30), (1.0, 0.0, 0.0)).values()) == {"train"}
    assert "test" not in split_songs(names(3), (0.5, 0.5, 0.0)).values()


def test_accents_count_once():
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert (
        split_songs([composed, *names(30)])[composed]
        == (split_songs([decomposed, *names(30)])[decomposed])
    )


def test_shares_must_sum_to_one():
    with pytest.raises(ValueError, match="shares"):
        split_songs(names(3), (0.8, 0.1, 0.2))
