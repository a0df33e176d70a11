"""Reporting's table of contents, and the pages, put together from the parts they are given."""

from fastapi import APIRouter

from chassis.run import Engine
from chassis.service import Parts, Service
from chassis.web.acts import Border
from chassis.web.auth import DevelopmentIssuer
from chassis.web.pages import Frame
from services.reporting.api import router as readings
from services.reporting.pages.disclosures import Disclosures
from services.reporting.pages.routes import TEMPLATES, Pages
from services.reporting.pages.routes import router as browsing
from services.reporting.projections.clock_proof import PROOFS, Proof
from services.reporting.projections.clocks import clocks
from services.reporting.projections.dossiers import dossiers
from services.reporting.projections.lateness import lateness
from services.reporting.projections.live import live
from services.reporting.projections.money import money
from services.reporting.projections.parcels import parcels
from services.reporting.projections.province_table import province_table
from services.reporting.projections.steps import steps
from services.reporting.projections.supplements import supplements
from services.reporting.projections.timeline import timeline

__all__ = ["PROOFS", "READ_MODELS", "Proof", "pages", "service"]

READ_MODELS = (dossiers, province_table, steps, clocks, lateness, supplements, money, parcels, timeline, live)


def service(parts: Parts) -> Service:
    """Return reporting, to be run on `parts`: it decides nothing, so it has ears and no commands."""
    return Service(name="reporting", patient=True, projections=READ_MODELS)


def pages(parts: Parts, engine: Engine, issuer: DevelopmentIssuer, border: Border) -> APIRouter:
    """Return all that is read of reporting: what programs ask below `/api/v1`, and the pages with their files."""
    frame = Frame(issuer, parts.clock, TEMPLATES)
    routes = readings(parts.registry, border, issuer)
    routes.routes.extend(browsing(frame, Pages(frame, parts.registry, engine, issuer, border)).routes)
    routes.routes.extend(Disclosures(frame, parts, issuer, border).routes().routes)
    return routes
