"""Of people and the audit: what intake tells, and what it answers to whom."""

from contracts.intake.commands import people
from contracts.intake.events import audit
from contracts.intake.queries import audit as audit_queries
from contracts.intake.refusals import IntakeRefusal
from contracts.roles import OFFICERS, Role
from contracts.specs import ADMIN, CallSpec, EventSpec, command, query

EVENTS: tuple[EventSpec, ...] = (EventSpec("intake", "audit", "sealed", 1, audit.AuditSealed),)

_PERSON_REFUSALS = (str(IntakeRefusal.PERSON_ERASED), str(IntakeRefusal.PERSON_MISMATCH))
_MAY_ERASE = frozenset({Role.CENTRE_HEAD, Role.ADMINISTRATOR})

CALLS: tuple[CallSpec, ...] = (
    *(
        command("intake", verb, data, result, roles, _PERSON_REFUSALS)
        for verb, data, result, roles in (
            ("correct-person", people.CorrectPerson, people.PersonChanged, OFFICERS),
            ("erase-person", people.ErasePerson, people.PersonChanged, _MAY_ERASE),
            ("reveal-person", people.RevealPerson, people.PersonView, OFFICERS),
            ("find-people", people.FindPeople, people.PeopleFound, OFFICERS),
            ("rotate-master-key", people.RotateMasterKey, people.MasterKeyRotated, ADMIN),
        )
    ),
    *(
        query("intake", name, data, result, roles)
        for name, data, result, roles in (
            ("audit-trail", audit_queries.AuditTrail, audit_queries.AuditTrailView, ADMIN | {Role.CENTRE_HEAD}),
            ("audit-roots", audit_queries.AuditRoots, audit_queries.AuditRootsView, ADMIN),
            ("audit-check", audit_queries.AuditCheck, audit_queries.AuditCheckView, ADMIN),
            ("audit-coverage", audit_queries.AuditCoverage, audit_queries.AuditCoverageView, ADMIN),
        )
    ),
)
