"""Objects that no simulation would make, as the owner of the sandbox orders them, among those of the company.

POST /control/zendesk/{stream}    a JSON array: the exports send these too, as changed at the sandbox's clock

They are sent as they are, so an object may be broken in any way that JSON allows. They are forgotten at a restart.
"""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flows.sandbox.state import Clock


class Planted:
    """What was ordered, by stream and by the second of its order."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._objects: list[tuple[str, int, Any]] = []
        self.routes = [Route("/control/zendesk/{stream}", self.plant, methods=["POST"])]

    async def plant(self, request: Request) -> Response:
        try:
            objects = json.loads(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        at = int(self._clock.now().timestamp())
        self._objects += [(request.path_params["stream"], at, item) for item in objects]
        return JSONResponse({"planted": len(objects)})

    def of(self, stream: str, since: int, until: int) -> tuple[list[Any], int]:
        """The objects of a stream from one second to another, both included, and the second of the last one."""
        found = [(at, item) for name, at, item in self._objects if name == stream and since <= at <= until]
        return [item for _, item in found], max((at for at, _ in found), default=-1)
