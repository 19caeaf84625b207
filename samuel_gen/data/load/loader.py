"""The order of training items, their division among processes, and resuming within an epoch."""

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

_AHEAD = 2  # batches that each thread may read ahead of training
Batch = TypeVar("Batch", bound=LatentBatch, covariant=True)


@dataclass(frozen=True)
class Share:
    """The part of a global batch that one process reads.

    Attributes:
        items: the item numbers; item i of process r is item `i * world_size + r` of the global
            batch.
        global_items: the number of items of the global batch, over all processes.
    """

    items: tuple[int, ...]
    global_items: int


@runtime_checkable
class Batches(Protocol[Batch]):
    """Items that are read a batch at a time, possibly from several threads at once."""

    def __len__(self) -> int:
        """Return the number of items in an epoch."""

    def __getitem__(self, share: Share) -> Batch:
        """Read the batch of these items."""


class SharedOrder:
    """The order of items in an epoch, the same for all processes: each item once, shuffled by seed.

    The order depends on seed and epoch only. It is cut into global batches of `batch_size` items
    per process. The last one may be smaller; if it has fewer items than there are processes, it is
    merged into the one before. All processes thus have the same number of batches, each with at
    least one item.

    Args:
        count: the number of items in an epoch.
        batch_size: the number of items per process and batch.
        rank, world_size: the number of this process and the number of all processes.
        seed: the seed of the order, which differs between epochs. Item i of epoch e has the number
            `e * count + i`, which identifies it in the whole run. None keeps the items in their
            own order, numbered from 0 in each epoch.

    Raises:
        SamuelError: there are fewer items than processes.
    """

    def __init__(
        self, count: int, batch_size: int, *, rank: int, world_size: int, seed: int | None
    ) -> None:
        if count < world_size:
            raise SamuelError(
                f"data: {count} crops in an epoch are too few for {world_size} processes; lower "
                "trainer.devices, raise data.crops_per_song or add songs"
            )
        self.count = count
        self.global_batch_size = world_size * batch_size
        self.rank = rank
        self.world_size = world_size
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Set the next epoch. Lightning calls this after `iter` and before the first batch."""
        self.epoch = epoch

    def __len__(self) -> int:
        whole, rest = divmod(self.count, self.global_batch_size)
        return max(1, whole + (rest >= self.world_size))

    def shares(self, first: int = 0) -> Iterator[Share]:
        """Yield the batches of this process in the epoch, from batch `first` on."""
        order, last = self._make_order(), len(self) - 1
        for batch in range(first, last + 1):
            start = batch * self.global_batch_size
            stop = self.count if batch == last else start + self.global_batch_size
            items = order[start + self.rank : stop : self.world_size]
            yield Share(tuple(items.tolist()), stop - start)

    def _make_order(self) -> NDArray[np.int64]:
        if self.seed is None:
            return np.arange(self.count)
        shuffled = np.random.default_rng((self.seed, self.epoch)).permutation(self.count)
        return self.epoch * self.count + shuffled


class BatchLoader:
    """An iterable over batches that threads read ahead, resumable in the middle of an epoch.

    Threads are enough, since reading and conversion release the interpreter lock; a process would
    take longer to hand over a batch than to make it. The state counts the batches that were handed
    out, not those that were read ahead. Lightning saves and loads it with the training state.

    Args:
        batches: the items to read.
        sampler: the order of the items.
        num_workers: the number of threads that read ahead; 0 reads each batch on request.
    """

    def __init__(
        self, batches: Batches[LatentBatch], sampler: SharedOrder, num_workers: int
    ) -> None:
        self.batches = batches
        self.sampler = sampler  # Lightning finds it by this name to set the epoch, but only
        self.batch_sampler = None  # if this attribute exists too
        self.num_workers = num_workers
        self._handed_out = 0
        self._resumed: dict[str, int] | None = None

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[LatentBatch]:
        """Yield the rest of an interrupted epoch, or all batches of a new one."""
        self._handed_out = 0
        return self._iterate_epoch()  # a generator: it starts after `set_epoch` was called

    def _iterate_epoch(self) -> Iterator[LatentBatch]:
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
        # One core each: more threads would compete with those of training.
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
        """Return the epoch and the number of batches handed out in it."""
        return {
            "epoch": self.sampler.epoch,
            "batches": self._handed_out,
            "global_batch_size": self.sampler.global_batch_size,
        }

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Resume from this state if its epoch comes next.

        The first batch raises `SamuelError` if the batches had another size.
        """
        self._resumed = dict(state_dict)

    def _check_size(self, saved: int) -> None:
        if saved != self.sampler.global_batch_size:
            raise SamuelError(
                f"ckpt: saved in an epoch with {saved} crops per step, not "
                f"{self.sampler.global_batch_size}; set data.batch_size and trainer.devices as "
                "they were"
            )
