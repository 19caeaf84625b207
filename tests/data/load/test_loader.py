import threading

import pytest
import torch

from samuel_gen.data.load.batch import LatentBatch
from samuel_gen.data.load.loader import BatchLoader, Share, SharedOrder
from samuel_gen.diffusion.denoiser import Vocal
from samuel_gen.errors import SamuelError


def make_order(count, batch_size, rank=0, world_size=1, seed=0, epoch=0):
    order = SharedOrder(count, batch_size, rank=rank, world_size=world_size, seed=seed)
    order.set_epoch(epoch)
    return order


class NumberedItems:
    """Batches that hold only the numbers of their items; some are slow or fail."""

    def __init__(self, count=10):
        self.count = count
        self.broken = None
        self.slow = {}
        self.read = []

    def __len__(self):
        return self.count

    def __getitem__(self, share: Share) -> LatentBatch:
        if self.broken in share.items:
            raise SamuelError("shard: torn; copy it again")
        if share.items in self.slow:
            self.slow[share.items].wait(timeout=10)
        self.read.append(share.items)
        items = len(share.items)
        clean = torch.zeros(items, 1, 1)
        vocal = Vocal.of(clean, clean)
        valid = torch.ones(items, dtype=torch.long)
        return LatentBatch(vocal, clean, valid, torch.tensor(share.items), share.global_items)


def make_loader(num_workers=0, count=10, batch_size=3, seed=0):
    return BatchLoader(NumberedItems(count), make_order(count, batch_size, seed=seed), num_workers)


def list_numbers(batches):
    return [batch.index.tolist() for batch in batches]


@pytest.mark.parametrize("world_size", [1, 2, 3, 4])
@pytest.mark.parametrize("count", [4, 5, 7, 8, 11, 12, 13, 16, 23, 97])
@pytest.mark.parametrize("batch_size", [1, 3, 5])
def test_every_item_once_and_equally_many_batches_per_process(count, batch_size, world_size):
    orders = [make_order(count, batch_size, rank, world_size) for rank in range(world_size)]
    shares = [list(each.shares()) for each in orders]
    assert {len(share) for share in shares} == {len(orders[0])}
    items = [item for rank in shares for share in rank for item in share.items]
    assert sorted(items) == list(range(count))
    for together in zip(*shares, strict=True):
        sizes = [len(share.items) for share in together]
        assert min(sizes) >= 1 and max(sizes) - min(sizes) <= 1
        assert {share.global_items for share in together} == {sum(sizes)}
    full = world_size * batch_size
    assert all(share.global_items == full for share in shares[0][:-1])
    assert shares[0][-1].global_items < full + world_size


@pytest.mark.parametrize("world_size", [2, 3, 4])
def test_processes_divide_the_global_batches_of_one(world_size):
    """Item i of process r is item i * world_size + r."""
    alone = [share.items for share in make_order(53, 12, epoch=2).shares()]
    shares = [
        make_order(53, 12 // world_size, rank, world_size, epoch=2) for rank in range(world_size)
    ]
    for whole, *parts in zip(alone, *(share.shares() for share in shares), strict=True):
        for rank, part in enumerate(parts):
            assert part.items == whole[rank::world_size]


def test_a_rest_smaller_than_the_world_joins_the_batch_before():
    last = [list(make_order(14, 2, rank, 3).shares())[-1] for rank in range(3)]
    assert [len(share.items) for share in last] == [3, 3, 2]


def test_the_order_depends_on_seed_and_epoch_only():
    def items(**options):
        return [item for share in make_order(40, 4, **options).shares() for item in share.items]

    first = items(seed=3, epoch=1)
    torch.manual_seed(99)
    assert items(seed=3, epoch=1) == first
    assert sorted(first) == list(range(40, 80)) != first
    assert sorted(items(seed=4, epoch=1)) == sorted(first) != items(seed=4, epoch=1)
    assert [item % 40 for item in items(seed=3, epoch=2)] != [item % 40 for item in first]
    assert items(seed=None, epoch=1) == list(range(40))


def test_too_few_items_for_the_processes_are_refused():
    with pytest.raises(SamuelError, match="2 crops in an epoch are too few for 3 processes"):
        make_order(2, 1, 0, 3)


@pytest.mark.parametrize("num_workers", [0, 1, 2, 3])
def test_threads_make_no_difference(num_workers):
    loader = make_loader(num_workers)
    assert len(loader) == 4
    for epoch in range(3):
        loader.sampler.set_epoch(epoch)
        expected = [list(share.items) for share in make_order(10, 3, epoch=epoch).shares()]
        assert list_numbers(loader) == expected


def test_the_order_holds_even_if_a_later_batch_is_ready_first():
    loader = make_loader(num_workers=2)
    first, second, *_ = (share.items for share in loader.sampler.shares())
    loader.batches.slow[first] = threading.Event()
    batches = iter(loader)
    threading.Timer(0.1, loader.batches.slow[first].set).start()
    assert tuple(next(batches).index.tolist()) == first
    assert loader.batches.read[0] != first
    assert tuple(next(batches).index.tolist()) == second


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize("handed_out", [0, 1, 3, 4])
def test_a_resumed_loader_continues_with_the_next_batch(num_workers, handed_out):
    interrupted = make_loader(num_workers)
    interrupted.sampler.set_epoch(5)
    batches = iter(interrupted)
    before = [next(batches).index.tolist() for _ in range(handed_out)]
    state = interrupted.state_dict()

    resumed = make_loader(num_workers)
    resumed.load_state_dict(state)
    rest = iter(resumed)
    resumed.sampler.set_epoch(5)  # set after iter, as Lightning does
    after = [batch.index.tolist() for batch in rest]
    whole = make_loader()
    whole.sampler.set_epoch(5)
    assert before + after == list_numbers(whole)
    resumed.sampler.set_epoch(6)
    assert len(list_numbers(resumed)) == 4  # the next epoch is whole again


def test_the_state_of_another_epoch_is_ignored():
    loader = make_loader()
    loader.load_state_dict({"epoch": 4, "batches": 3, "global_batch_size": 3})
    loader.sampler.set_epoch(5)
    assert len(list_numbers(loader)) == 4


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_error_in_the_data_reaches_the_caller_unchanged(num_workers):
    loader = make_loader(num_workers)
    loader.batches.broken = 7
    with pytest.raises(SamuelError, match="^shard: torn; copy it again$"):
        list(loader)


def test_few_batches_are_read_ahead_and_none_after_the_end():
    loader = make_loader(num_workers=1, count=60)
    threads = threading.active_count()
    batches = iter(loader)
    assert loader.batches.read == []
    next(batches)
    batches.close()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "ThreadPoolExecutor" in thread.name:
            thread.join(timeout=5)
    assert len(loader.batches.read) <= 4
    assert threading.active_count() <= threads
