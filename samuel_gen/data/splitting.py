"""Which songs teach and which ones test: by song, never by segment."""

import hashlib
import unicodedata
from collections.abc import Sequence

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)


def split_songs(names: Sequence[str], shares: Sequence[float] = SHARES) -> dict[str, str]:
    """The split of each name, decided by the name's hash alone wherever that is possible.

    Songs that are added later leave the others where they are. Only a split that would be empty
    borrows the song whose hash comes nearest to it, so that from three songs on each split has
    one (two songs make a training and a validation split, a single one is for training).

    Args:
        names: the same name twice is the same song.
        shares: of SPLITS, summing to 1; a split with share 0 stays empty.
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
    wanted = wanted[: len(split)]
    for kind in wanted:
        if kind not in split.values():
            low, high = bounds[SPLITS.index(kind)]
            held = list(split.values())
            spare = [n for n, own in split.items() if held.count(own) > 1 or own not in wanted]
            nearest = min(spare, key=lambda name: (_gap(position[name], low, high), name))
            split[nearest] = kind
    return split


def _position(name: str) -> float:
    """A number in [0, 1) that depends on the name only, however its accents are encoded."""
    digest = hashlib.sha256(unicodedata.normalize("NFC", name).encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _gap(at: float, low: float, high: float) -> float:
    return max(low - at, at - high, 0.0)
