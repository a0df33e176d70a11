"""Postal as a process of its own: `python -m services.postal`."""

from chassis.process import serve
from services.postal.wiring import service

if __name__ == "__main__":
    serve(service)
