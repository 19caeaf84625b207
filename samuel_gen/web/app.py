"""The application: everything that the page needs, put together."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles

from samuel_gen.checkpoint.bundled import BUNDLED
from samuel_gen.errors import SamuelError
from samuel_gen.storage import explain_write_errors
from samuel_gen.web.engine import Engine
from samuel_gen.web.generating import Generator
from samuel_gen.web.guard import LOOPBACK, Guard
from samuel_gen.web.jobs import JobQueue
from samuel_gen.web.listening import Listener
from samuel_gen.web.sessions import Sessions

STATIC = Path(__file__).parent / "static"
_LISTENERS = 2  # recordings that are analysed at the same time
_LINES = {404: "there is nothing here; open the page again", 405: "this cannot be done here"}
_PAUSE = 0.05  # seconds
_Value = TypeVar("_Value")


class Studio:
    """The parts of the server: sessions, analyses, model and jobs.

    Args:
        folder: the folder of the sessions.
        checkpoint: a file, or a name on the hub.
        device: the device of the network.
        megabytes, minutes: the limits of an upload.

    Attributes:
        has_ended: False while the thread of a stopped server still works.
    """

    has_ended = True

    def __init__(
        self, folder: Path, checkpoint: Path, device: str, megabytes: int, minutes: int
    ) -> None:
        self.sessions = Sessions(folder)
        self.megabytes, self.minutes = megabytes, minutes
        self.engine = Engine(checkpoint, device)
        self.listener = Listener(self.sessions, minutes)
        self.generator = Generator(self.engine, self.listener)
        self.queue = JobQueue(self.engine.load)
        self._pool = ThreadPoolExecutor(_LISTENERS, "listening")

    def start(self) -> None:
        """Load the model in the background, and wait for jobs."""
        self.queue.start()

    def stop(self, seconds: float | int = 5) -> None:
        """Cancel what is going on, and wait for it.

        Args:
            seconds: the longest time to wait.
        """
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.has_ended = self.queue.stop(seconds)
        self.sessions.close()

    async def listen(self, function: Callable[..., _Value], *arguments: Any) -> _Value:
        """Run a function that analyses sound in a thread, once torch may be used."""
        await self.wait_for_torch()
        loop = asyncio.get_running_loop()

        def run() -> _Value:
            with explain_write_errors():
                return function(*arguments)

        return await loop.run_in_executor(self._pool, run)

    async def wait_for_torch(self) -> None:
        """Wait until torch may be used; threads that wait would be missed elsewhere."""
        while not self.engine.imported.is_set():
            await asyncio.sleep(_PAUSE)


def create_app(
    folder: Path,
    checkpoint: Path = BUNDLED,
    device: str = "auto",
    *,
    hosts: frozenset[str] | None = LOOPBACK,
    megabytes: int = 200,
    minutes: int = 15,
) -> Starlette:
    """Create the application.

    Args:
        folder: the folder of the sessions.
        checkpoint: a file, or a name on the hub.
        device: the device of the network.
        hosts: the names by which the server may be called; None for any.
        megabytes, minutes: the limits of an upload.

    Raises:
        SamuelError: the folder cannot be used.
    """
    from samuel_gen.web.routes import list_routes

    studio = Studio(folder, checkpoint, device, megabytes, minutes)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        studio.start()
        yield
        await asyncio.to_thread(studio.stop)

    app = Starlette(
        routes=list_routes(studio),
        middleware=[Middleware(Guard, hosts=hosts)],
        exception_handlers={
            HTTPException: _tell_http,
            SamuelError: _tell_mistake,
            KeyError: _tell_missing,
            Exception: _tell_defect,
        },
        lifespan=lifespan,
    )
    app.mount("/", StaticFiles(directory=STATIC, html=True), name="static")
    app.state.studio = studio
    return app


async def _tell_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    line = _LINES.get(error.status_code, error.detail)
    if error.detail != HTTPStatus(error.status_code).phrase:
        line = error.detail
    return JSONResponse({"error": line}, error.status_code, headers=error.headers)


async def _tell_mistake(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


async def _tell_missing(request: Request, error: Exception) -> Response:
    return JSONResponse(
        {"error": "it does not exist, or has been deleted; open the page again"}, 404
    )


async def _tell_defect(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "a defect of the server; its terminal says more"}, 500)
