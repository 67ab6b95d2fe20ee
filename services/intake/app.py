"""The composition root of intake."""

from services.chassis.errors import Misconfigured
from services.chassis.runtime import Chassis, Round, Service
from services.chassis.settings import ServiceSettings
from services.intake import consumers
from services.intake.domain.audit import Signer
from services.intake.domain.vault import BadKey, Vault, parse_key
from services.intake.handlers.audit import Sealer, Trail
from services.intake.handlers.audit_queries import AuditQueries
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.people import KeyCheck, People
from services.intake.reference import Reference

_SEAL_SECONDS = 60.0


def create() -> Service:
    """The service."""
    return Service("intake", wire)


async def wire(chassis: Chassis) -> None:
    """Puts the rooms together."""
    reference = Reference.shipped()
    consumers.register(chassis.calls, CaseHandlers(reference, chassis.clock), ImportHandler(reference, chassis.clock))
    chassis.at_start.append(Announcer(reference, chassis.database))
    wire_people_and_audit(chassis)


def wire_people_and_audit(chassis: Chassis) -> People:
    """The identity vault and the audit. Misconfigured: their keys are not what they must be."""
    vault, signer = keys(chassis.settings)
    people = People(vault, Trail(), chassis.clock)
    chassis.calls.fingerprint_key = vault.fingerprint_key
    consumers.register_people(chassis.calls, people)
    consumers.register_audit(chassis.calls, AuditQueries(chassis.relay_pool, signer.public_key))
    chassis.at_start.append(KeyCheck(vault, chassis.database))
    chassis.rounds.append(Round("sealing the audit", _SEAL_SECONDS, Sealer(chassis.database, signer)))
    return people


def keys(settings: ServiceSettings) -> tuple[Vault, Signer]:
    """The vault's and the audit's keys, from the secrets."""
    try:
        vault = Vault.of_files(settings.secret("people.master"), settings.secret("people.search"))
        return vault, Signer(parse_key(settings.secret("audit.seed")))
    except BadKey as error:
        raise Misconfigured(f"secrets of intake: {error}") from error
