"""What reporting hears."""

from contracts.reporting.queries import FormII06a, ProjectedCaseCounts, ProjectedCaseDigests
from services.chassis.runtime import Chassis
from services.reporting.handlers import FigureHandlers, project


def register(chassis: Chassis, figures: FigureHandlers) -> None:
    """A table of contents: events, then queries."""
    chassis.consume("intake", project)
    chassis.calls.query(FormII06a, figures.form)
    chassis.calls.query(ProjectedCaseCounts, figures.counts)
    chassis.calls.query(ProjectedCaseDigests, figures.digests)
