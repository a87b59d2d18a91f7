"""Routes of the first run: choose a recording, check it, say who is who, analyse it, or try the example."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cuetrack.review.adding import Adding, Draft
from cuetrack.review.sent import json_of


def take_in(app: Starlette, folder: Path) -> str:
    """Put a finished session into the library, remember it, and return its id."""
    item_id = str(app.state.library.add(folder))
    app.state.preferences.opened(folder)
    return item_id


async def _places(request: Request) -> Response:
    place = request.query_params.get("place", "")
    return JSONResponse(await run_in_threadpool(request.app.state.places.listing, place))


async def _look(request: Request) -> Response:
    sent = await json_of(request)
    chosen = sent.get("files", [])
    files = [request.app.state.places.path(str(f)) for f in chosen] if isinstance(chosen, list) else []
    draft = await run_in_threadpool(request.app.state.adding.look, files)
    return JSONResponse(_shown(draft))


async def _still(request: Request) -> Response:
    draft = request.app.state.adding.draft(request.path_params["draft"])
    if not draft.still:
        raise HTTPException(404, "There is no picture.")
    return Response(draft.still, media_type="image/jpeg")


async def _start(request: Request) -> Response:
    adding: Adding = request.app.state.adding
    draft = adding.draft(request.path_params["draft"])
    adding.start(draft, await json_of(request))
    return JSONResponse({"started": True})


async def _example(request: Request) -> Response:
    import platformdirs

    place = Path(platformdirs.user_data_dir("cuetrack", appauthor=False)) / "example" / "example.cue"
    if (place / "report.html").is_file():
        return JSONResponse({"session": take_in(request.app, place)})
    request.app.state.adding.start_example(place)
    return JSONResponse({"session": ""})


async def _job(request: Request) -> Response:
    adding: Adding = request.app.state.adding
    told = adding.job.told() if adding.job else {"state": "none"}
    return JSONResponse({**told, "session": adding.session})


async def _cancel(request: Request) -> Response:
    request.app.state.adding.cancel()
    return await _job(request)


def _shown(draft: Draft) -> dict[str, object]:
    return {
        "id": draft.id,
        "kind": draft.kind,
        "files": [f.name for f in draft.files],
        "findings": draft.findings,
        "faces": draft.faces,
        "still": bool(draft.still),
    }


ROUTES = [
    Route("/api/places", _places),
    Route("/api/adding", _look, methods=["POST"]),
    Route("/api/adding/{draft}/still", _still),
    Route("/api/adding/{draft}/start", _start, methods=["POST"]),
    Route("/api/example", _example, methods=["POST"]),
    Route("/api/job", _job),
    Route("/api/job/cancel", _cancel, methods=["POST"]),
]
