"""`/live`, `/ready` and `/metrics`, telling the truth: ready means that work would be done, tried a moment ago."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

_ANSWER_WITHIN = 3.0

Check = Callable[[], Awaitable[str | None]]
"""Looks at one thing; None if it is well, else what is wrong."""


class Health:
    """The checks of one process. Not ready until `started`, nor after `stopping`."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.stage = "starting"
        self._checks: dict[str, Check] = {}
        self._looking: dict[str, asyncio.Task[str | None]] = {}

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def findings(self) -> dict[str, str]:
        """What is wrong, by check; empty if all is well."""
        if self.stage != "running":
            return {"process": self.stage}
        found = await asyncio.gather(*(self._look(name) for name in self._checks))
        return {name: finding for name, finding in zip(self._checks, found, strict=True) if finding is not None}

    async def _look(self, name: str) -> str | None:
        """One check, which has to answer soon. One that hangs is waited for by everybody, and not begun once more: it
        may hold a connection, and a prober that comes every second shall not take them all."""
        looking = self._looking.get(name)
        if looking is None or looking.done():
            looking = self._looking[name] = asyncio.create_task(_run(self._checks[name]), name=f"check {name}")
        await asyncio.wait({looking}, timeout=_ANSWER_WITHIN)
        return looking.result() if looking.done() else f"no answer for {_ANSWER_WITHIN:.0f} s"

    async def live(self, _: Request) -> Response:
        """The event loop turns; a failed task ends the process, so nothing else is to be asked."""
        return JSONResponse({"service": self.service, "stage": self.stage})

    async def ready(self, _: Request) -> Response:
        findings = await self.findings()
        body = {"service": self.service, "ready": not findings, "findings": findings}
        return JSONResponse(body, status_code=503 if findings else 200)

    async def metrics(self, _: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    def app(self, *more: Route) -> Starlette:
        routes = [Route("/live", self.live), Route("/ready", self.ready), Route("/metrics", self.metrics), *more]
        return Starlette(routes=routes)


async def _run(check: Check) -> str | None:
    try:
        return await check()
    except Exception as error:  # noqa: BLE001 - a check that fails is itself the finding
        return f"{type(error).__name__}: {error}"


class HttpServer(uvicorn.Server):
    """uvicorn inside our event loop; signals are the runtime's business."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @classmethod
    def over(cls, app: Starlette, host: str, port: int) -> "HttpServer":
        return cls(uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off"))
