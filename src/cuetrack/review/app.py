"""The review app's routes: pages, sessions, media, and the reviewer's events."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cuetrack.decisions.record import StaleBase
from cuetrack.errors import CuetrackError
from cuetrack.review import answers, codebooks, first_run
from cuetrack.review.adding import Adding
from cuetrack.review.library import Item, Library
from cuetrack.review.places import Places
from cuetrack.review.playing import Playing
from cuetrack.review.preferences import Preferences
from cuetrack.review.sent import json_of
from cuetrack.store import audit
from cuetrack.store.consent import refuse_if_withdrawn

STATIC = resources.files("cuetrack.review") / "static"


def create_app(library: Library, preferences: Preferences | None = None, places: Places | None = None) -> Starlette:
    """Return the app for a library of sessions; wrap it in `guard.Guard` before serving it.

    Without `preferences` nothing is remembered between runs; `places` are the folders recordings are chosen from.
    """
    routes = [
        Route("/", _page("index.html")),
        *first_run.ROUTES,
        Route("/api/sessions", _sessions),
        Route("/api/sessions/{item}", _session),
        Route("/api/sessions/{item}/signals", _signals),
        Route("/api/sessions/{item}/moments", _moments),
        Route("/api/sessions/{item}/moments/{moment}", _moment),
        Route("/api/sessions/{item}/review", _review),
        Route("/api/sessions/{item}/events", _add, methods=["POST"]),
        Route("/api/sessions/{item}/pose", _pose),
        Route("/api/sessions/{item}/agreement", _agreement),
        Route("/api/sessions/{item}/export", _export, methods=["POST"]),
        Route("/api/sessions/{item}/bundle", _bundle),
        Route("/api/sessions/{item}/import", _import, methods=["POST"]),
        Route("/api/reviewer", _reviewer, methods=["GET", "POST"]),
        Route("/api/preferences", _preferences, methods=["GET", "POST"]),
        Route("/api/sessions/{item}/codebook", _codebook),
        Route("/api/alive", _alive, methods=["POST"]),
        Route("/media/{item}/{media}", _media),
        Route("/media/{item}/{media}/state", _media_state),
        Route("/media/{item}/{media}/outline", _outline),
        Route("/media/{item}/{media}/copy", _make_copy, methods=["POST"]),
        Mount("/static", StaticFiles(directory=str(STATIC))),
    ]
    app = Starlette(
        routes=routes, exception_handlers={CuetrackError: _told, HTTPException: _refused, Exception: _fault}
    )
    app.state.library = library
    app.state.preferences = preferences or Preferences(Path(os.devnull) / "review.json")
    app.state.places = places or Places()
    app.state.reviewer = ""
    app.state.playing = Playing()
    app.state.adding = Adding(lambda folder: first_run.take_in(app, folder))
    return app


def _page(name: str) -> Any:
    async def page(request: Request) -> Response:
        return Response((STATIC / name).read_bytes(), media_type="text/html; charset=utf-8")

    return page


def _item(request: Request) -> Item:
    found = request.app.state.library.items.get(request.path_params["item"])
    if found is None:
        raise HTTPException(404, "There is no such session.")
    assert isinstance(found, Item)
    return found


def _who(request: Request) -> str:
    reviewer = str(request.app.state.reviewer)
    if not reviewer:
        raise HTTPException(409, "Say first who is reviewing.")
    return reviewer


async def _sessions(request: Request) -> Response:
    reviewer, library = str(request.app.state.reviewer), request.app.state.library
    shown = [answers.overview(item, reviewer) for item in library.items.values()]
    return JSONResponse({"sessions": shown, "faults": library.faults})


async def _session(request: Request) -> Response:
    item = _item(request)
    return JSONResponse(await run_in_threadpool(answers.whole, item))


async def _signals(request: Request) -> Response:
    samples = await run_in_threadpool(getattr, _item(request), "samples")
    return Response(samples, media_type="application/octet-stream")


async def _moments(request: Request) -> Response:
    return JSONResponse(answers.moments(_item(request), _who(request)))


async def _moment(request: Request) -> Response:
    found = answers.moment(_item(request), _who(request), request.path_params["moment"])
    if found is None:
        raise HTTPException(403, "The evidence opens after your own judgement.")
    return JSONResponse(found)


async def _review(request: Request) -> Response:
    return JSONResponse(answers.own_review(_item(request), _who(request)))


async def _add(request: Request) -> Response:
    item, reviewer = _item(request), _who(request)
    sent = await json_of(request)
    body: dict[str, Any] = dict(sent["body"]) if isinstance(sent.get("body"), dict) else {}
    target = str(sent.get("target", ""))
    try:
        event = item.record.add(
            reviewer=reviewer,
            uid=str(sent.get("uid", "")),
            kind=str(sent.get("kind", "")),
            target=target,
            base=int(sent.get("base", 0)),
            body=await run_in_threadpool(answers.anchored, item, target, body),
        )
    except (TypeError, ValueError) as error:
        raise HTTPException(400, f"Expected an event: {error}.") from error
    return JSONResponse({"seq": event.seq, **answers.own_review(item, reviewer)})


async def _pose(request: Request) -> Response:
    try:
        start_s, end_s = (float(request.query_params[k]) for k in ("from", "to"))
    except (KeyError, ValueError):
        raise HTTPException(400, "Expected from and to in seconds.") from None
    end_s = min(end_s, start_s + answers.LONGEST_POSE_S)
    return JSONResponse(await run_in_threadpool(answers.pose, _item(request), start_s, end_s))


async def _agreement(request: Request) -> Response:
    found = answers.agreement(_item(request), _who(request))
    if found is None:
        raise HTTPException(403, "Agreement opens when everyone has submitted.")
    return JSONResponse(found)


async def _export(request: Request) -> Response:
    sent = await json_of(request)
    formats = [str(f) for f in sent.get("formats", [])] if isinstance(sent.get("formats"), list) else []
    return JSONResponse(answers.export(_item(request), _who(request), formats))


async def _bundle(request: Request) -> Response:
    item, reviewer = _item(request), _who(request)
    folder = item.session.folder
    refuse_if_withdrawn(folder.description(), folder.path)
    audit.note(folder.path, "export", format="bundle")
    name = f"{item.session.name}.{reviewer}.review.json"
    return JSONResponse(
        item.record.bundle(reviewer, item.hashes),
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def _import(request: Request) -> Response:
    item = _item(request)
    return JSONResponse({"added": item.record.merge(await json_of(request), item.hashes)})


async def _reviewer(request: Request) -> Response:
    if request.method == "POST":
        name = str((await json_of(request)).get("name", "")).strip()
        if not name or len(name) > 40 or not name.replace(" ", "").replace("-", "").replace("_", "").isalnum():
            raise HTTPException(400, "A reviewer's name has up to 40 letters, digits, spaces, - or _.")
        request.app.state.reviewer = name
        request.app.state.preferences.change({"reviewer": name})
    return JSONResponse({"name": request.app.state.reviewer})


async def _preferences(request: Request) -> Response:
    if request.method == "POST":
        request.app.state.preferences.change(await json_of(request))
    return JSONResponse(request.app.state.preferences.shown())


async def _codebook(request: Request) -> Response:
    item = _item(request)
    return JSONResponse(codebooks.read(str(item.settings()["codebook"]), item.session.folder.path))


async def _alive(request: Request) -> Response:
    return JSONResponse({"alive": True})


async def _media(request: Request) -> Response:
    item, path = _recording(request)
    rules = item.settings()
    if rules["pose_only"] and not rules["pose_voice"]:
        raise HTTPException(403, "The owner of this session shows the pose only.")
    shown = await run_in_threadpool(request.app.state.playing.playable, item, path)
    if shown is None:
        raise HTTPException(409, "A playable copy is still being made.")
    return FileResponse(shown, stat_result=Path(shown).stat())


async def _media_state(request: Request) -> Response:
    item, path = _recording(request)
    return JSONResponse(await run_in_threadpool(request.app.state.playing.state, item, path))


async def _outline(request: Request) -> Response:
    item, path = _recording(request)
    data = await run_in_threadpool(request.app.state.playing.outline, item, path)
    return Response(data, media_type="application/octet-stream")


async def _make_copy(request: Request) -> Response:
    item, path = _recording(request)
    request.app.state.playing.copy(item, path)
    return JSONResponse(await run_in_threadpool(request.app.state.playing.state, item, path))


def _recording(request: Request) -> tuple[Item, Path]:
    item = _item(request)
    path = item.media.get(request.path_params["media"])
    if path is None:
        raise HTTPException(404, "There is no such recording.")
    return item, path


async def _told(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=409 if isinstance(error, StaleBase) else 400)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, status_code=error.status_code)


async def _fault(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "Something went wrong here; nothing was lost."}, status_code=500)
