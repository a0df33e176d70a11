"""Intake as a process of its own, with the files that are brought to it and its pages: `python -m services.intake`."""

from collections.abc import Iterable

from fastapi import APIRouter

from chassis.process import Process, serve
from chassis.web.uploads import uploads_routes
from services.intake.projections.files import is_taken
from services.intake.wiring import file_routes, pages, service


def beside(process: Process) -> Iterable[APIRouter]:
    """Return what intake has beside its border."""
    parts, issuer, border = process.parts, process.issuer, process.border
    parts.uploads.is_used = lambda file: is_taken(border.running.store, file)
    yield uploads_routes(parts.uploads, issuer, parts.clock)
    yield file_routes(parts, issuer, border)
    yield pages(parts, issuer, border)


if __name__ == "__main__":
    serve(service, beside)
