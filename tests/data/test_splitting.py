from collections import Counter

import pytest

from samuel_gen.data.splitting import SplitSong, split_by_content, split_songs


def make_names(count: int, prefix: str = "song") -> list[str]:
    return [f"{prefix} {number}" for number in range(count)]


def test_splits_have_their_shares():
    counts = Counter(split_songs(make_names(5000)).values())
    assert counts["train"] / 5000 == pytest.approx(0.8, abs=0.02)
    assert counts["validation"] / 5000 == pytest.approx(0.1, abs=0.02)
    assert counts["test"] / 5000 == pytest.approx(0.1, abs=0.02)


def test_the_order_does_not_matter():
    some = make_names(50)
    assert split_songs(some) == split_songs(some[::-1])


def test_songs_stay_where_they_are_when_others_are_added():
    before, after = split_songs(make_names(200)), split_songs(make_names(400))
    assert all(after[name] == split for name, split in before.items())


@pytest.mark.parametrize("count", [3, 4, 5, 10])
@pytest.mark.parametrize("prefix", ["a", "b", "c", "d", "e", "f"])
def test_from_three_songs_on_every_split_has_one(count, prefix):
    assert set(split_songs(make_names(count, prefix)).values()) == {"train", "validation", "test"}


@pytest.mark.parametrize("prefix", ["a", "b", "c", "d"])
def test_two_songs_train_and_validate_and_one_trains(prefix):
    assert list(split_songs(make_names(1, prefix)).values()) == ["train"]
    assert sorted(split_songs(make_names(2, prefix)).values()) == ["train", "validation"]
    assert split_songs([]) == {}


def test_a_share_of_zero_stays_empty():
    assert set(split_songs(make_names(30), (1.0, 0.0, 0.0)).values()) == {"train"}
    assert "test" not in split_songs(make_names(3), (0.5, 0.5, 0.0)).values()


def test_the_encoding_of_accents_does_not_matter():
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert (
        split_songs([composed, *make_names(30)])[composed]
        == (split_songs([decomposed, *make_names(30)])[decomposed])
    )


def test_shares_must_sum_to_one():
    with pytest.raises(ValueError, match="shares"):
        split_songs(make_names(3), (0.8, 0.1, 0.2))


def song(number, vocal=None, accompaniment=None, **options):
    return SplitSong(
        f"song {number}", vocal or f"v{number}", accompaniment or f"a{number}", **options
    )


def test_songs_with_the_same_audio_share_a_split_under_any_name():
    songs = [song(n) for n in range(60)]
    copies = [song(100 + n, accompaniment=f"a{n}") for n in range(60)]
    same_vocals = [song(200 + n, vocal=f"v{n}") for n in range(60)]
    splits = split_by_content([*songs, *copies, *same_vocals])
    assert splits[:60] == splits[60:120] == splits[120:]
    assert set(splits) == {"train", "validation", "test"}


def test_songs_of_one_name_share_a_split():
    splits = split_by_content([SplitSong("one", f"v{n}", f"a{n}") for n in range(30)])
    assert len(set(splits)) == 1


def test_a_chain_of_shared_parts_is_one_group():
    chain = [song(n, vocal=f"v{n // 2}", accompaniment=f"b{(n + 1) // 2}") for n in range(20)]
    assert len(set(split_by_content([*chain, *(song(n) for n in range(50, 80))])[:20])) == 1


def test_names_and_later_songs_move_nothing():
    before = split_by_content([song(n) for n in range(200)])
    renamed = [SplitSong(f"other {n}", f"v{n}", f"a{n}") for n in range(200)]
    later = [song(n) for n in range(300, 500)]
    assert split_by_content([*later, *renamed])[200:] == before


def test_of_several_requested_splits_the_furthest_from_training_wins():
    songs = [song(n, requested="train") for n in range(9)]
    songs += [
        song(20, accompaniment="a0", requested="test"),
        song(21, accompaniment="a1", requested="validation"),
    ]
    songs += [song(22, vocal="v0")]
    splits = split_by_content(songs)
    assert splits == ["test", "validation", *["train"] * 7, "test", "validation", "test"]


def test_songs_in_a_split_stay_and_draw_linked_songs_to_it():
    current = [song(n, current="test") for n in range(5)] + [song(9, current="train")]
    new = [song(30, accompaniment="a0", requested="train"), song(31, vocal="v9")]
    assert split_by_content([*current, *new]) == [*["test"] * 5, "train", "test", "train"]


def test_a_song_that_links_two_splits_gets_none():
    current = [song(0, current="test"), song(1, current="train")]
    assert split_by_content([*current, song(2, "v0", "a1")]) == ["test", "train", None]


def test_a_split_that_holds_songs_borrows_none():
    current = [song(n, current=kind) for n, kind in enumerate(("validation", "test", "train"))]
    many = split_by_content([song(n) for n in range(50, 150)])
    assert split_by_content([*current, song(50), song(51)])[3:] == many[:2]
    assert sorted(split_by_content([song(50), song(51)])) == ["train", "validation"]
