"""Routing as a process of its own: `python -m services.routing`."""

from chassis.process import serve
from services.routing.wiring import service

if __name__ == "__main__":
    serve(service)
