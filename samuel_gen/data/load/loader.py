"""Who gets which items, and how a run that was broken off gets the batch that came next."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.errors import SamuelError

_AHEAD = 2  # batches that each thread may be ahead of training
Batch = TypeVar("Batch", bound=LatentBatch, covariant=True)


@dataclass(frozen=True)
class Share:
    """One process's part of a global batch.

    Args:
        items: its items; item i of process r is item `i * world_size + r` of the global batch.
        global_items: of the whole batch, over all processes.
    """

    items: tuple[int, ...]
    global_items: int


@runtime_checkable
class Batches(Protocol[Batch]):
    """Items that can be read a batch at a time, from several threads at once."""

    def __len__(self) -> int:
        """Items of an epoch."""

    def __getitem__(self, share: Share) -> Batch:
        """The batch of these items."""


class SharedOrder:
    """Every item once an epoch, in an order that depends on seed and epoch alone.

    The order is cut into global batches of `batch_size` items per process. A last, smaller one is
    shared out too; where it has fewer items than there are processes, it rides on the one before.
    So all processes have as many batches, with at least one item in each.

    Args:
        count: items of an epoch.
        batch_size: items per process and batch.
        rank, world_size: which of how many processes this is.
        seed: of the order, which differs from epoch to epoch; item i of epoch e is then number
            `e * count + i`, so that its number says all. None keeps the items in their own order
            under their own numbers.

    Raises:
        SamuelError: fewer items than processes.
    """

    def __init__(
        self, count: int, batch_size: int, *, rank: int, world_size: int, seed: int | None
    ) -> None:
        if count < world_size:
            raise SamuelError(
                f"data: {count} crops in an epoch for {world_size} processes; expected at least "
                "one each; lower trainer.devices, raise data.crops_per_song or add songs"
            )
        self.count = count
        self.global_batch_size = world_size * batch_size
        self.rank = rank
        self.world_size = world_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next; Lightning calls it after `iter` and before the first batch."""
        self.epoch = epoch

    def __len__(self) -> int:
        whole, rest = divmod(self.count, self.global_batch_size)
        return max(1, whole + (rest >= self.world_size))

    def shares(self, first: int = 0) -> Iterator[Share]:
        """This process's batches of the epoch, from batch `first` on."""
        order, last = self._order(), len(self) - 1
        for batch in range(first, last + 1):
            start = batch * self.global_batch_size
            stop = self.count if batch == last else start + self.global_batch_size
            items = order[start + self.rank : stop : self.world_size]
            yield Share(tuple(items.tolist()), stop - start)

    def _order(self) -> NDArray[np.int64]:
        if self.seed is None:
            return np.arange(self.count)
        shuffled = np.random.default_rng((self.seed, self.epoch)).permutation(self.count)
        return self.epoch * self.count + shuffled


class BatchLoader:
    """Batches in their order, read ahead by threads; it can go on in the middle of an epoch.

    Threads, since reading and converting leave the interpreter free; processes would spend longer
    on handing a batch over than on making it. The state counts the batches that were handed out,
    whatever was read ahead; Lightning saves and loads it with the rest of a run's.

    Args:
        batches: what to read.
        sampler: in which order.
        num_workers: threads; 0 reads when a batch is asked for.
    """

    def __init__(
        self, batches: Batches[LatentBatch], sampler: SharedOrder, num_workers: int
    ) -> None:
        self.batches = batches
        self.sampler = sampler  # by this name Lightning finds it, to tell it the epoch,
        self.batch_sampler = None  # where a loader has this as well
        self.num_workers = num_workers
        self._handed_out = 0
        self._resumed: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[LatentBatch]:
        """The rest of an epoch that was broken off, else a whole one."""
        self._handed_out = 0
        return self._epoch()  # a generator: it begins with the first batch, the epoch being known

    def _epoch(self) -> Iterator[LatentBatch]:
        resumed, self._resumed = self._resumed, None
        if resumed is not None and resumed["epoch"] == self.sampler.epoch:
            self._check_size(resumed["global_batch_size"])
            self._handed_out = resumed["batches"]
        shares = self.sampler.shares(self._handed_out)
        for batch in self._read_ahead(shares) if self.num_workers else map(self._read, shares):
            self._handed_out += 1
            yield batch

    def _read_ahead(self, shares: Iterator[Share]) -> Iterator[LatentBatch]:
        waiting: deque[Future[LatentBatch]] = deque()
        # One core each: more of them would wait for training's at every barrier.
        pool = ThreadPoolExecutor(self.num_workers, initializer=partial(torch.set_num_threads, 1))
        try:
            for share in shares:
                waiting.append(pool.submit(self._read, share))
                if len(waiting) > _AHEAD * self.num_workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _read(self, share: Share) -> LatentBatch:
        batch = self.batches[share]
        return batch.pin_memory() if torch.cuda.is_available() else batch

    def state_dict(self) -> dict[str, int]:
        """Where in which epoch it is."""
        return {
            "epoch": self.sampler.epoch,
            "batches": self._handed_out,
            "global_batch_size": self.sampler.global_batch_size,
        }

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go on from there, if that epoch is what comes next.

        Raises:
            SamuelError: upon the first batch, where the batches had another size.
        """
        self._resumed = dict(state_dict)

    def _check_size(self, saved: int) -> None:
        if saved != self.sampler.global_batch_size:
            raise SamuelError(
                f"ckpt: saved within an epoch of batches of {saved} crops over all processes; "
                f"expected {self.sampler.global_batch_size}, as now; set data.batch_size and "
                "trainer.devices as they were"
            )
