"""Jobs: one thread works, the others wait in a queue, and each can be cancelled."""

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from samuel_gen.errors import SamuelError
from samuel_gen.storage import explain_write_errors

MOST_WAITING = 16
_MOST_KEPT = 200

log = logging.getLogger(__name__)


class Cancelled(Exception):
    """The user has cancelled the job."""


class Job:
    """A piece of work, and how far it is.

    Args:
        session: the id of its session.
        work: the work, which calls `step` as it goes on and returns when it is done.
        steps: the number of steps.

    Attributes:
        id: the id of the job.
        state: "waiting", "running", "done", "failed" or "cancelled".
        message: the present stage, in one line.
        error: the reason of a failure, in one line, or None.
        results: the numbers of the results that are finished.
    """

    def __init__(self, session: str, work: Callable[["Job"], None], steps: int) -> None:
        self.id = secrets.token_hex(8)
        self.session, self.work, self.steps = session, work, steps
        self.state, self.message, self.error = "waiting", "waiting", None
        self.results: list[int] = []
        self.done = 0
        self._cancelled = threading.Event()
        self._started: float | None = None

    error: str | None

    def step(self, message: str | None = None, count: int = 1) -> None:
        """Count steps, and stop here if the job is cancelled.

        Args:
            message: the stage that begins; None keeps the last one.
            count: the number of steps that are finished.

        Raises:
            Cancelled: the user has cancelled the job.
        """
        self.message = message or self.message
        self.done += count
        if self._cancelled.is_set():
            raise Cancelled

    def start(self) -> None:
        """Begin to count the time."""
        self.state, self._started = "running", time.monotonic()

    def cancel(self) -> None:
        """Ask the job to stop at its next step."""
        self._cancelled.set()

    @property
    def is_active(self) -> bool:
        """True while the job waits or runs."""
        return self.state in ("waiting", "running")

    def view(self, ahead: int) -> dict[str, Any]:
        """Return the job as plain values for JSON.

        Args:
            ahead: the number of jobs before it.
        """
        share = 1.0 if self.state == "done" else min(0.99, self.done / max(1, self.steps))
        left = None
        if self.state == "running" and self._started is not None and self.done:
            elapsed = time.monotonic() - self._started
            left = round(elapsed / self.done * max(1, self.steps - self.done), 1)
        return {
            "id": self.id,
            "session": self.session,
            "state": self.state,
            "ahead": ahead,
            "progress": round(share, 3),
            "seconds_left": left,
            "message": self.message,
            "error": self.error,
            "results": list(self.results),
        }


class JobQueue:
    """Jobs in the order in which they came, and the thread that does them.

    Args:
        prepare: a function that the thread calls first.
    """

    def __init__(self, prepare: Callable[[], None]) -> None:
        self._prepare = prepare
        self._waiting: deque[Job] = deque()
        self._running: Job | None = None
        self._jobs: dict[str, Job] = {}
        self._changed = threading.Condition()
        self._stopped = False
        self._thread = threading.Thread(target=self._work, name="generation", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, seconds: float | int) -> bool:
        """Cancel everything, and wait for the thread; return whether it has ended.

        Args:
            seconds: the longest time to wait.
        """
        with self._changed:
            self._stopped = True
            for job in self._active():
                job.cancel()
            self._changed.notify_all()
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue.

        Raises:
            SamuelError: too many jobs wait already.
        """
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise SamuelError(
                    f"{MOST_WAITING} jobs are waiting; try again when some of them are done"
                )
            self._jobs[job.id] = job
            ended = [each.id for each in self._jobs.values() if not each.is_active]
            for old in ended[: max(0, len(self._jobs) - _MOST_KEPT)]:
                del self._jobs[old]
            self._waiting.append(job)
            self._changed.notify_all()

    def find(self, job_id: str) -> Job | None:
        """Return a job by its id; None if it is unknown."""
        return self._jobs.get(job_id)

    def find_active(self, session: str) -> Job | None:
        """Return the first job of a session that waits or runs; None if there is none."""
        with self._changed:
            return next((job for job in self._active() if job.session == session), None)

    def cancel(self, job: Job) -> None:
        """Cancel a job: at once if it waits, at its next step if it runs."""
        with self._changed:
            job.cancel()
            if job in self._waiting:
                self._waiting.remove(job)
                job.state, job.message = "cancelled", "cancelled"

    def wait_until_ended(self, session: str, seconds: float | int) -> bool:
        """Wait until no job of a session runs; return whether that is so.

        Args:
            session: the id of the session.
            seconds: the longest time to wait.
        """
        with self._changed:
            return self._changed.wait_for(
                lambda: not any(job.session == session for job in self._active()), seconds
            )

    def view(self, job: Job) -> dict[str, Any]:
        """Return a job as plain values for JSON."""
        with self._changed:
            active = self._active()
            return job.view(active.index(job) if job in active else 0)

    def _active(self) -> list[Job]:
        running = [] if self._running is None else [self._running]
        return [*running, *self._waiting]

    def _work(self) -> None:
        self._prepare()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._stopped)
                if self._stopped:
                    return
                job = self._running = self._waiting.popleft()
                job.start()
            state, error = _run(job)
            with self._changed:
                job.state, job.error, job.message = state, error, error or state
                self._running = None
                self._changed.notify_all()


def _run(job: Job) -> tuple[str, str | None]:
    """Do the work of a job, and return its last state and what went wrong."""
    try:
        job.step("starting", 0)
        with explain_write_errors():
            job.work(job)
    except Cancelled:
        return "cancelled", None
    except SamuelError as error:
        return "failed", str(error)
    except Exception:
        log.exception("a job has failed")
        return "failed", "the generation failed; the terminal of samuel-web says why"
    return "done", None
