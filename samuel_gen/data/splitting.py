"""Training, validation and test split, decided per song and never per segment."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)


@dataclass(frozen=True)
class SplitSong:
    """The properties of a song that decide its split.

    Attributes:
        name: the song's name.
        vocal_content, accompaniment_content: digests of the audio.
        requested: the split that the source asks for, if any.
        current: the split that the song is already in, if any; it never changes.
    """

    name: str
    vocal_content: str
    accompaniment_content: str
    requested: str | None = None
    current: str | None = None


def split_by_content(
    songs: Sequence[SplitSong], shares: Sequence[float] = SHARES
) -> list[str | None]:
    """Return the split of each song. Songs with the same name, vocal or accompaniment share it.

    If several splits are requested for such a group, all of it goes to the one furthest from
    training. If none is requested, the accompaniment's digest decides, so that neither names nor
    songs that are added later move anything. None stands for a song that cannot be used, since it
    links songs that are already in different splits.

    Args:
        songs: the songs, in any order.
        shares: the share of songs for each of SPLITS, summing to 1.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(_group_linked_songs(songs)):
        groups[group].append(number)
    split_of_group: dict[int, str | None] = {}
    keys: dict[int, str] = {}
    for group, members in groups.items():
        current = {songs[number].current for number in members} - {None}
        requested = {songs[number].requested for number in members} - {None}
        if current:
            split_of_group[group] = current.pop() if len(current) == 1 else None
        elif requested:
            split_of_group[group] = max((x for x in requested if x), key=SPLITS.index)
        else:
            keys[group] = min(songs[number].accompaniment_content for number in members)
    filled = {split for split in split_of_group.values() if split}
    by_key = split_songs(list(keys.values()), shares, filled)
    split_of_group |= {group: by_key[key] for group, key in keys.items()}
    splits: dict[int, str | None] = {}
    for group, members in groups.items():
        splits |= {number: songs[number].current or split_of_group[group] for number in members}
    return [splits[number] for number in range(len(songs))]


def split_songs(
    names: Sequence[str], shares: Sequence[float] = SHARES, filled: Collection[str] = ()
) -> dict[str, str]:
    """Return the split of each name, which follows from the name's hash wherever possible.

    Names that are added later do not move the others. Only a split that would be empty borrows
    the name whose hash lies nearest to it: from three names on each split has one, two names make
    a training and a validation split, and a single name is for training.

    Args:
        names: the names; equal names are one song.
        shares: the share of songs for each of SPLITS, summing to 1. A split with share 0 stays
            empty.
        filled: splits that already hold songs and need not borrow one.
    """
    if len(shares) != len(SPLITS) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares {tuple(shares)} are not three shares that sum to 1")
    position = {name: _hash_position(name) for name in names}
    stops = [sum(shares[: count + 1]) for count in range(len(shares))]
    stops[-1] = max(stops[-1], 1.0)
    bounds = list(zip([0.0, *stops[:-1]], stops, strict=True))
    split = {
        name: next(kind for kind, stop in zip(SPLITS, stops, strict=True) if at < stop)
        for name, at in position.items()
    }
    wanted = [kind for kind, share in zip(SPLITS, shares, strict=True) if share > 0]
    wanted = wanted[: len(split) + len(filled)]
    for kind in wanted:
        if kind not in filled and kind not in split.values():
            low, high = bounds[SPLITS.index(kind)]
            held = list(split.values())
            spare = [
                name
                for name, own in split.items()
                if own not in wanted or own in filled or held.count(own) > 1
            ]
            if spare:
                nearest = min(spare, key=lambda name: (_distance(position[name], low, high), name))
                split[nearest] = kind
    return split


def _group_linked_songs(songs: Sequence[SplitSong]) -> list[int]:
    """Return a group number per song, equal for songs that are linked directly or through others.

    Two songs are linked by the same name, vocal or accompaniment (union-find).
    """
    parent = list(range(len(songs)))

    def find_root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first: dict[str, int] = {}
    for number, song in enumerate(songs):
        name = f"name {unicodedata.normalize('NFC', song.name)}"
        for link in (name, song.vocal_content, song.accompaniment_content):
            parent[find_root(number)] = find_root(first.setdefault(link, number))
    return [find_root(number) for number in range(len(songs))]


def _hash_position(name: str) -> float:
    """Return a number in [0, 1) from the name's hash, however its accents are encoded."""
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _distance(position: float, low: float, high: float) -> float:
    return max(low - position, position - high, 0.0)
