"""What the page sends, read with its rules."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def json_of(request: Request) -> dict[str, Any]:
    """Return the JSON object of a request; anything else is refused with 400."""
    try:
        content = await request.json()
    except (ValueError, RecursionError):
        raise HTTPException(400, "Expected JSON.") from None
    if not isinstance(content, dict):
        raise HTTPException(400, "Expected a JSON object.")
    return content
