"""Jobs wait in a row, end once, and can be stopped at any step."""

import threading
from collections.abc import Iterator

import pytest

from samuel_gen.errors import SamuelError
from samuel_gen.web.jobs import MOST_WAITING, Job, JobQueue

PATIENCE = 20


@pytest.fixture
def queue() -> Iterator[JobQueue]:
    queue = JobQueue(lambda: None)
    queue.start()
    yield queue
    assert queue.stop(PATIENCE)


class Gate:
    """Work that goes on, step by step, when it is let."""

    def __init__(self, steps: int = 1) -> None:
        self.steps, self.begun, self.open = steps, threading.Event(), threading.Event()

    def __call__(self, job: Job) -> None:
        self.begun.set()
        self.open.wait(PATIENCE)
        for _ in range(self.steps):
            job.step("stepping")


def finish(queue: JobQueue, job: Job) -> str:
    assert queue.wait_until_ended(job.session, PATIENCE)
    return job.state


def test_jobs_run_one_after_the_other_in_their_order(queue: JobQueue) -> None:
    order: list[str] = []
    gate = Gate()
    jobs = [Job("first", gate, 1)]
    jobs += [Job(name, lambda job: order.append(job.session), 1) for name in ("a", "b")]
    for job in jobs:
        queue.submit(job)
    assert gate.begun.wait(PATIENCE)
    assert [queue.view(job)["ahead"] for job in jobs] == [0, 1, 2]
    gate.open.set()
    assert [finish(queue, job) for job in jobs] == ["done"] * 3
    assert order == ["a", "b"]
    assert all(queue.view(job)["progress"] == 1 for job in jobs)


def test_a_running_job_stops_at_its_next_step_and_a_waiting_one_at_once(queue: JobQueue) -> None:
    gate, never = Gate(1000), Gate()
    running, waiting = Job("a", gate, 1000), Job("b", never, 1)
    queue.submit(running)
    queue.submit(waiting)
    assert gate.begun.wait(PATIENCE)
    queue.cancel(waiting)
    assert waiting.state == "cancelled"
    queue.cancel(running)
    gate.open.set()
    assert finish(queue, running) == "cancelled"
    assert running.done == 1 and running.error is None and not never.begun.is_set()
    queue.cancel(running)
    assert running.state == "cancelled"


def test_a_failure_is_told_and_the_next_job_runs(
    queue: JobQueue, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(job: Job) -> None:
        raise SamuelError("the vocal is silent")

    def break_down(job: Job) -> None:
        raise ZeroDivisionError("secret")

    jobs = [Job("a", fail, 1), Job("b", break_down, 1), Job("c", lambda job: None, 1)]
    for job in jobs:
        queue.submit(job)
    assert [finish(queue, job) for job in jobs] == ["failed", "failed", "done"]
    assert jobs[0].error == "the vocal is silent"
    assert "secret" not in str(jobs[1].error) and "ZeroDivisionError" in caplog.text


def test_the_progress_never_falls_and_reaches_the_end_only_when_it_is_done() -> None:
    seen: list[float] = []

    def work(job: Job) -> None:
        for _ in range(12):
            job.step()
            seen.append(job.view(0)["progress"])

    queue = JobQueue(lambda: None)
    job = Job("a", work, 10)
    queue.submit(job)
    queue.start()
    assert finish(queue, job) == "done"
    assert seen == sorted(seen) and seen[0] == 0.1 and seen[-1] < 1
    assert queue.stop(PATIENCE)


def test_too_many_jobs_are_refused() -> None:
    queue = JobQueue(lambda: None)
    for _ in range(MOST_WAITING):
        queue.submit(Job("a", lambda job: None, 1))
    with pytest.raises(SamuelError, match="waiting"):
        queue.submit(Job("a", lambda job: None, 1))


def test_stopping_cancels_what_waits_and_what_runs() -> None:
    queue, gate = JobQueue(lambda: None), Gate(100)
    jobs = [Job("a", gate, 100), Job("b", gate, 100)]
    queue.start()
    for job in jobs:
        queue.submit(job)
    assert gate.begun.wait(PATIENCE)
    gate.open.set()
    assert queue.stop(PATIENCE)
    assert jobs[1].done == 0
