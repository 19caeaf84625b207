"""One thread for work that is made of many small operations."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread() -> Iterator[None]:
    """Run the block with one thread of torch.

    Threads that share short operations wait for each other longer than they gain: the analysis of
    a recording takes twice as long with two.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
