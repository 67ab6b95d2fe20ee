"""Reporting's part of the one table: what it answers to whom."""

from contracts.reporting import queries
from contracts.specs import ADMIN, FIGURES, CallSpec, query

CALLS: tuple[CallSpec, ...] = (
    query("reporting", "form-ii-06a", queries.FormII06a, queries.FormII06aView, FIGURES),
    query("reporting", "case-counts", queries.ProjectedCaseCounts, queries.ProjectedCaseCountsView, ADMIN),
    query("reporting", "case-digests", queries.ProjectedCaseDigests, queries.ProjectedCaseDigestsView, ADMIN),
)
