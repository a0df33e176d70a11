"""Reporting's table of contents, put together from the parts it is given."""

from chassis.service import Parts, Service
from services.reporting.projections.dossiers import dossiers
from services.reporting.projections.money import money
from services.reporting.projections.parcels import parcels
from services.reporting.projections.province_table import province_table
from services.reporting.projections.steps import steps
from services.reporting.projections.supplements import supplements
from services.reporting.projections.timeline import timeline

READ_MODELS = (dossiers, province_table, steps, supplements, money, parcels, timeline)


def service(parts: Parts) -> Service:
    """Return reporting, to be run on `parts`: it decides nothing, so it has ears and no commands."""
    return Service(name="reporting", projections=READ_MODELS)
