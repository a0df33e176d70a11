"""Reporting as a process of its own, with the pages of what spans services: `python -m services.reporting`."""

from collections.abc import Iterable

from fastapi import APIRouter

from chassis.process import Process, serve
from services.reporting.wiring import pages, service


def beside(process: Process) -> Iterable[APIRouter]:
    """Return what reporting has beside its border."""
    yield pages(process.parts, process.engine, process.issuer, process.border)


if __name__ == "__main__":
    serve(service, beside)
