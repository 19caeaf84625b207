from collections import Counter

import pytest

from samuel_gen.data.splitting import SplitSong, split_by_content, split_songs


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


def song(number, vocal=None, band=None, **options):
    return SplitSong(f"song {number}", vocal or f"v{number}", band or f"a{number}", **options)


def test_songs_with_the_same_audio_share_a_split_whatever_they_are_called():
    songs = [song(n) for n in range(60)]
    copies = [song(100 + n, band=f"a{n}") for n in range(60)]
    sung_alike = [song(200 + n, vocal=f"v{n}") for n in range(60)]
    splits = split_by_content([*songs, *copies, *sung_alike])
    assert splits[:60] == splits[60:120] == splits[120:]
    assert set(splits) == {"train", "validation", "test"}


def test_songs_of_one_name_share_a_split():
    splits = split_by_content([SplitSong("one", f"v{n}", f"a{n}") for n in range(30)])
    assert len(set(splits)) == 1


def test_a_chain_of_shared_parts_is_one_group():
    chain = [song(n, vocal=f"v{n // 2}", band=f"b{(n + 1) // 2}") for n in range(20)]
    assert len(set(split_by_content([*chain, *(song(n) for n in range(50, 80))])[:20])) == 1


def test_names_and_later_songs_move_nothing():
    before = split_by_content([song(n) for n in range(200)])
    renamed = [SplitSong(f"other {n}", f"v{n}", f"a{n}") for n in range(200)]
    later = [song(n) for n in range(300, 500)]
    assert split_by_content([*later, *renamed])[200:] == before


def test_wishes_are_granted_and_the_one_furthest_from_training_wins():
    songs = [song(n, wish="train") for n in range(9)]
    songs += [song(20, band="a0", wish="test"), song(21, band="a1", wish="validation")]
    songs += [song(22, vocal="v0")]
    splits = split_by_content(songs)
    assert splits == ["test", "validation", *["train"] * 7, "test", "validation", "test"]


def test_what_is_settled_never_moves_and_draws_others_to_it():
    settled = [song(n, settled="test") for n in range(5)] + [song(9, settled="train")]
    new = [song(30, band="a0", wish="train"), song(31, vocal="v9")]
    assert split_by_content([*settled, *new]) == [*["test"] * 5, "train", "test", "train"]


def test_a_song_between_two_settled_splits_is_not_taken_in():
    settled = [song(0, settled="test"), song(1, settled="train")]
    assert split_by_content([*settled, song(2, "v0", "a1")]) == ["test", "train", None]


def test_a_split_that_holds_songs_already_borrows_none():
    settled = [song(n, settled=kind) for n, kind in enumerate(("validation", "test", "train"))]
    many = split_by_content([song(n) for n in range(50, 150)])
    assert split_by_content([*settled, song(50), song(51)])[3:] == many[:2]
    assert sorted(split_by_content([song(50), song(51)])) == ["train", "validation"]
