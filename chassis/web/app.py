"""The ASGI application: all services' routes under one roof, with limits, traces and problem documents around them."""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from chassis.stores.store import Conflict, StoreUnavailable
from chassis.web import problem
from chassis.web.bounds import Bounded
from chassis.web.description import describe
from chassis.web.problem import Problem
from chassis.web.traced import Traced


def application(title: str, routers: Iterable[APIRouter]) -> FastAPI:
    """Return the application that serves `routers`."""
    app = FastAPI(
        title=title, version="1", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )  # fmt: skip
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(Problem, problem.on_problem)
    app.add_exception_handler(RequestValidationError, problem.on_invalid)
    app.add_exception_handler(HTTPException, problem.on_http)
    app.add_exception_handler(StoreUnavailable, problem.on_unavailable)
    app.add_exception_handler(Conflict, problem.on_unavailable)
    app.add_exception_handler(Exception, problem.on_unexpected)
    app.add_middleware(Bounded)
    app.add_middleware(Traced)
    describe(app)
    return app
