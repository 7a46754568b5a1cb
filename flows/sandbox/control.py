"""What the sandbox lets its owner do: move the clock, order faults.

GET  /control/clock    {"now": ISO}
POST /control/clock    {"now": ISO} or {"advance_hours": n}: never back
GET, POST, DELETE /control/faults    see flows/sandbox/faults.py
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from flows.core.clock import iso, parse
from flows.sandbox.faults import Fault, Faults
from flows.sandbox.state import Clock


class Control:
    """`moved(before, now)` is called when the clock has been moved, before the answer."""

    def __init__(self, clock: Clock, faults: Faults, moved: Callable[[datetime, datetime], None]) -> None:
        self.clock_ = clock
        self.faults_ = faults
        self.moved = moved
        self.routes = [
            Route("/control/clock", self.clock, methods=["GET", "POST"]),
            Route("/control/faults", self.faults, methods=["GET", "POST", "DELETE"]),
        ]

    async def clock(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                wish = await request.json()
                to = parse(wish["now"]) if "now" in wish else None
                before = self.clock_.now()
                now = self.clock_.move(to=to, hours=float(wish.get("advance_hours", 0)))
            except (ValueError, TypeError, AttributeError, OverflowError) as error:
                return JSONResponse({"error": str(error)}, 400)
            self.moved(before, now)
        return JSONResponse({"now": iso(self.clock_.now())})

    async def faults(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.faults_.clear()
        elif request.method == "POST":
            try:
                self.faults_.add(Fault.of(await request.json()))
            except (ValueError, TypeError, AttributeError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"faults": self.faults_.listing()})
