"""The routes of the JSON that the page speaks; `samuel_gen.web` describes it."""

import asyncio
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from samuel_gen.estimation.given import USUAL_METERS
from samuel_gen.lead_sheet.key import Key
from samuel_gen.lead_sheet.style import STYLES
from samuel_gen.web.app import Studio
from samuel_gen.web.archive import RESULT_FILES, write_result_archive, write_session_archive
from samuel_gen.web.bodies import read_object, save_upload
from samuel_gen.web.jobs import Job
from samuel_gen.web.listening import clean_label
from samuel_gen.web.order import (
    MOST_CANDIDATES,
    MOST_RESULTS,
    SAMPLERS,
    Order,
    read_order,
)
from samuel_gen.web.sessions import PLAYABLE, RESULT_NUMBER, Session

_FLAC = {"accompaniment.flac": "accompaniment.wav", "mix.flac": "mix.wav"}
_MEDIA = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mid": "audio/midi",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
}

_KEYS = tuple(str(Key(tonic, mode)) for mode in ("major", "minor") for tonic in range(12))
_SHOWN = (
    *("id", "name", "created", "seconds", "sample_rate", "hints", "report", "given", "sheet"),
    "confidence",
)
_STOPPING = 120  # seconds to wait for a job of a session that is deleted


def list_routes(studio: Studio) -> list[Route]:
    """Return the routes of the JSON.

    Args:
        studio: the parts of the server.
    """
    api = _Api(studio)
    session = "/api/sessions/{session}"
    result = session + "/results/{number}"
    table = {
        ("GET", "/api/status"): api.status,
        ("GET", "/api/sessions"): api.list_sessions,
        ("POST", "/api/sessions"): api.add_session,
        ("GET", session): api.show_session,
        ("DELETE", session): api.delete_session,
        ("GET", session + "/vocal"): api.play_vocal,
        ("PUT", session + "/given"): api.give,
        ("POST", session + "/generate"): api.generate,
        ("POST", session + "/undo"): api.undo,
        ("GET", session + "/archive.zip"): api.pack_session,
        ("DELETE", result): api.delete_result,
        ("GET", result + "/archive.zip"): api.pack_result,
        ("GET", result + "/{file}"): api.send_file,
        ("GET", "/api/jobs/{job}"): api.show_job,
        ("DELETE", "/api/jobs/{job}"): api.cancel_job,
    }
    return [Route(path, each, methods=[method]) for (method, path), each in table.items()]


class _Api:
    """The functions behind the routes.

    Args:
        studio: the parts of the server.
    """

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    async def status(self, request: Request) -> Response:
        """Tell how far the model is, and what may be asked for."""
        studio = self.studio
        limits = {"megabytes": studio.megabytes, "minutes": studio.minutes}
        return JSONResponse(
            {
                "version": version("samuel-gen"),
                "folder": str(studio.sessions.folder),
                "model": studio.engine.view(),
                "limits": limits | {"results": MOST_RESULTS, "candidates": MOST_CANDIDATES},
                "styles": list(STYLES),
                "keys": list(_KEYS),
                "meters": [str(meter) for meter in USUAL_METERS],
                "samplers": list(SAMPLERS),
            }
        )

    async def list_sessions(self, request: Request) -> Response:
        """List the sessions, the newest first."""
        return JSONResponse(await asyncio.to_thread(self._summarise))

    def _summarise(self) -> list[dict[str, Any]]:
        found = []
        for session in self.studio.sessions.list_all():
            try:
                record, results = session.read(), session.list_results()
                summary = {name: record[name] for name in ("id", "name", "created", "seconds")}
            except (OSError, KeyError):  # deleted at this moment
                continue
            found.append(summary | {"results": len(results)})
        return found

    async def add_session(self, request: Request) -> Response:
        """Receive a recording, and find its lead sheet."""
        label = clean_label(request.query_params.get("name", ""))
        upload = self.studio.sessions.name_temporary()
        try:
            await save_upload(request, upload, self.studio.megabytes)
            session = await self.studio.listen(self.studio.listener.add, upload, label)
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            upload.unlink(missing_ok=True)
        return JSONResponse(await asyncio.to_thread(self._view, session), 201)

    async def show_session(self, request: Request) -> Response:
        """Return a session."""
        return JSONResponse(await asyncio.to_thread(self._view, self._find(request)))

    async def delete_session(self, request: Request) -> Response:
        """Delete a session; its jobs are cancelled before."""
        await asyncio.to_thread(self._delete_session, self._find(request))
        return Response(status_code=204)

    def _delete_session(self, session: Session) -> None:
        queue = self.studio.queue
        while job := queue.find_active(session.id):
            queue.cancel(job)
            if not queue.wait_until_ended(session.id, _STOPPING):
                raise HTTPException(409, "a job of this session is still stopping; try again")
        self.studio.sessions.delete(session)

    async def play_vocal(self, request: Request) -> Response:
        """Send the vocal for playing."""
        return _send(self._find(request).folder / PLAYABLE, "vocal.flac", inline=True)

    async def give(self, request: Request) -> Response:
        """Estimate the lead sheet anew around what is given."""
        session = self._find(request)
        given = await read_object(request)
        await self.studio.listen(self.studio.listener.give, session, given)
        return JSONResponse(await asyncio.to_thread(self._view, session))

    async def generate(self, request: Request) -> Response:
        """Put a job into the queue."""
        session = self._find(request)
        order = read_order(await read_object(request))
        await self.studio.wait_for_torch()
        job = await asyncio.to_thread(self._submit, session, order)
        return JSONResponse(self.studio.queue.view(job), 202)

    def _submit(self, session: Session, order: Order) -> Job:
        job = self.studio.generator.plan(session, order)
        self.studio.queue.submit(job)
        return job

    async def undo(self, request: Request) -> Response:
        """Undo the last change of a session."""
        session = self._find(request)
        if self.studio.queue.find_active(session.id):
            raise HTTPException(409, "a job is going on; wait for it, or cancel it, then undo")
        await asyncio.to_thread(session.undo)
        return JSONResponse(await asyncio.to_thread(self._view, session))

    async def delete_result(self, request: Request) -> Response:
        """Delete a result."""
        session, number = self._find(request), _read_number(request)
        await asyncio.to_thread(session.delete_result, number)
        return Response(status_code=204)

    async def send_file(self, request: Request) -> Response:
        """Send a file of a result."""
        session, number = self._find(request), _read_number(request)
        name = request.path_params["file"]
        if name not in (*RESULT_FILES, *_FLAC):
            raise HTTPException(404, f"there is no such file; choose {', '.join(RESULT_FILES)}")
        session.read_result(number)
        path = session.results_folder / str(number) / name
        if name in _FLAC:
            await asyncio.to_thread(_write_flac, session, path.with_name(_FLAC[name]), path)
        return _send(path, name)

    async def pack_session(self, request: Request) -> Response:
        """Send everything of a session as a ZIP."""
        session = self._find(request)
        return await self._send_archive(session, partial(write_session_archive, session))

    async def pack_result(self, request: Request) -> Response:
        """Send a result with its vocal as a ZIP."""
        session, number = self._find(request), _read_number(request)
        return await self._send_archive(session, partial(write_result_archive, session, number))

    async def _send_archive(self, session: Session, write: Callable[[Path], None]) -> Response:
        target = self.studio.sessions.name_temporary(".zip")
        try:
            await asyncio.to_thread(write, target)
        except BaseException:
            target.unlink(missing_ok=True)
            raise
        name = f"{Path(session.read()['name']).stem}.zip"
        return _send(target, name, background=BackgroundTask(target.unlink, missing_ok=True))

    async def show_job(self, request: Request) -> Response:
        """Return a job."""
        return JSONResponse(self.studio.queue.view(self._find_job(request)))

    async def cancel_job(self, request: Request) -> Response:
        """Cancel a job, and return it."""
        job = self._find_job(request)
        self.studio.queue.cancel(job)
        return JSONResponse(self.studio.queue.view(job))

    def _find(self, request: Request) -> Session:
        return self.studio.sessions.find(request.path_params["session"])

    def _find_job(self, request: Request) -> Job:
        job = self.studio.queue.find(request.path_params["job"])
        if job is None:
            raise HTTPException(404, "there is no such job; the server may have been restarted")
        return job

    def _view(self, session: Session) -> dict[str, Any]:
        """Return a session as plain values for JSON."""
        record, results = session.read(), session.list_results()
        job = self.studio.queue.find_active(session.id)
        view = {name: record[name] for name in _SHOWN}
        view |= {"can_undo": bool(record["history"]), "results": results}
        return view | {"job": None if job is None else self.studio.queue.view(job)}


def _read_number(request: Request) -> int:
    text = request.path_params["number"]
    if not RESULT_NUMBER.fullmatch(text):
        raise KeyError(text)
    return int(text)


def _send(
    path: Path, name: str, *, inline: bool = False, background: BackgroundTask | None = None
) -> Response:
    """Send a file, or the range of it that was asked for."""
    if not path.is_file():
        raise KeyError(name)
    return FileResponse(
        path,
        media_type=_MEDIA.get(path.suffix, "application/octet-stream"),
        filename=name,
        content_disposition_type="inline" if inline else "attachment",
        background=background,
    )


def _write_flac(session: Session, source: Path, target: Path) -> None:
    """Write a sound as FLAC, once."""
    from samuel_gen.audio.files import write_blocks
    from samuel_gen.audio.recording import SoundFile

    with session.guard:
        if target.is_file():
            return
        if not source.is_file():  # deleted at this moment
            raise KeyError(source.name)
        file = SoundFile(source)
        write_blocks(target, file.own_blocks(), 2, file.sample_rate, "PCM_24")
