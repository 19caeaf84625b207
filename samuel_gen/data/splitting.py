"""Which songs teach and which ones test: by song, never by segment."""

import hashlib
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)


@dataclass(frozen=True)
class SplitSong:
    """What decides a song's split.

    Args:
        name: what it is called.
        vocal_content, accompaniment_content: digests of the audio.
        wish: the split that the source names, if any.
        settled: the split that the song has already, if any; it never moves.
    """

    name: str
    vocal_content: str
    accompaniment_content: str
    wish: str | None = None
    settled: str | None = None


def split_by_content(
    songs: Sequence[SplitSong], shares: Sequence[float] = SHARES
) -> list[str | None]:
    """The split of each song; those of one name, one vocal or one accompaniment share it.

    Where such songs are wished into several splits, all of them go to the one furthest from
    training. Where nobody has a wish, the accompaniment's digest decides, so that neither names
    nor songs that come later move anything. None stands for a song that cannot be taken in: it
    joins songs that are settled in different splits.

    Args:
        songs: in any order.
        shares: of SPLITS, summing to 1.
    """
    groups: dict[int, list[int]] = defaultdict(list)
    for at, group in enumerate(_groups(songs)):
        groups[group].append(at)
    decided: dict[int, str | None] = {}
    keys: dict[int, str] = {}
    for group, members in groups.items():
        settled = {songs[at].settled for at in members} - {None}
        wishes = {songs[at].wish for at in members} - {None}
        if settled:
            decided[group] = settled.pop() if len(settled) == 1 else None
        elif wishes:
            decided[group] = max((wish for wish in wishes if wish), key=SPLITS.index)
        else:
            keys[group] = min(songs[at].accompaniment_content for at in members)
    by_key = split_songs(list(keys.values()), shares, {kind for kind in decided.values() if kind})
    decided |= {group: by_key[key] for group, key in keys.items()}
    splits: dict[int, str | None] = {}
    for group, members in groups.items():
        splits |= {at: songs[at].settled or decided[group] for at in members}
    return [splits[at] for at in range(len(songs))]


def split_songs(
    names: Sequence[str], shares: Sequence[float] = SHARES, filled: Collection[str] = ()
) -> dict[str, str]:
    """The split of each name, decided by the name's hash alone wherever that is possible.

    Songs that are added later leave the others where they are. Only a split that would be empty
    borrows the song whose hash comes nearest to it, so that from three songs on each split has
    one (two songs make a training and a validation split, a single one is for training).

    Args:
        names: the same name twice is the same song.
        shares: of SPLITS, summing to 1; a split with share 0 stays empty.
        filled: splits that hold songs already and need not borrow one.
    """
    if len(shares) != len(SPLITS) or min(shares) < 0 or abs(sum(shares) - 1) > 1e-6:
        raise ValueError(f"shares {tuple(shares)} are not three shares that sum to 1")
    position = {name: _position(name) for name in names}
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
                nearest = min(spare, key=lambda name: (_gap(position[name], low, high), name))
                split[nearest] = kind
    return split


def _groups(songs: Sequence[SplitSong]) -> list[int]:
    """A number per song, equal for songs that are linked, if through others."""
    parent = list(range(len(songs)))

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    first: dict[str, int] = {}
    for at, song in enumerate(songs):
        name = f"name {unicodedata.normalize('NFC', song.name)}"
        for link in (name, song.vocal_content, song.accompaniment_content):
            parent[root(at)] = root(first.setdefault(link, at))
    return [root(at) for at in range(len(songs))]


def _position(name: str) -> float:
    """A number in [0, 1) that depends on the name only, however its accents are encoded."""
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _gap(at: float, low: float, high: float) -> float:
    return max(low - at, at - high, 0.0)
