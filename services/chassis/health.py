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

_PATIENCE = 3.0
"""What hangs is a finding; whoever asks does not wait for ever, e.g. for a connection of an exhausted pool."""

Check = Callable[[], Awaitable[str | None]]
"""Looks at one thing; None if it is well, else what is wrong."""


class Health:
    """The checks of one process. Not ready until `started`, nor after `stopping`."""

    def __init__(self, service: str) -> None:
        self.service = service
        self.stage = "starting"
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        self._checks[name] = check

    async def findings(self) -> dict[str, str]:
        """What is wrong, by check; empty if all is well."""
        if self.stage != "running":
            return {"process": self.stage}
        found = {name: await _run(check) for name, check in self._checks.items()}
        return {name: finding for name, finding in found.items() if finding is not None}

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
        async with asyncio.timeout(_PATIENCE):
            return await check()
    except TimeoutError:
        return f"no answer within {_PATIENCE:.0f} s"
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
