"""Payments as a process of its own: `python -m services.payments`."""

from chassis.process import serve
from services.payments.wiring import service

if __name__ == "__main__":
    serve(service)
