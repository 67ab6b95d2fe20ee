"""The composition root of intake."""

import asyncio
from typing import cast

from services.chassis.errors import Misconfigured
from services.chassis.runtime import Chassis, Round, Service
from services.chassis.settings import ServiceSettings
from services.intake import consumers
from services.intake.domain.audit import Signer
from services.intake.domain.vault import BadKey, Vault, parse_key
from services.intake.handlers.assistance import Assistance, rounds
from services.intake.handlers.attachment_sweep import AttachmentSweep
from services.intake.handlers.attachments import AttachmentHandlers
from services.intake.handlers.audit import Sealer, Trail
from services.intake.handlers.audit_queries import AuditQueries
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.file_keys import PersonWrapper, SecretWrapper, derived
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.people import KeyCheck, People
from services.intake.handlers.recompute import Recompute
from services.intake.handlers.reference_book import Book, ReferenceBook
from services.intake.handlers.reference_documents import ShippedDocuments
from services.intake.handlers.views import CaseViews
from services.intake.limits import limits
from services.intake.settings import IntakeSettings
from services.intake.store.files import Files

_SWEEP_SECONDS = 3600.0
_SEAL_SECONDS = 60.0
_ANNOUNCE_SECONDS = 60.0
_RECOMPUTE_SECONDS = 1.0


def create() -> Service:
    """The service."""
    return Service("intake", wire, IntakeSettings)


async def wire(chassis: Chassis) -> None:
    """Puts the rooms together."""
    book = ReferenceBook()
    trail = Trail()
    people = wire_people_and_audit(chassis, trail)
    consumers.register(
        chassis.calls,
        CaseHandlers(book, people, trail, chassis.clock),
        CaseViews(book, chassis.clock),
        ImportHandler(book, people, trail, chassis.clock),
    )
    allowed = limits(cast("IntakeSettings", chassis.settings).assistance_limits)
    consumers.register_assistance(chassis.calls, Assistance(book, trail, chassis.clock, allowed))
    chassis.rounds.extend(rounds(chassis.database, chassis.clock))
    consumers.register_catalogue(chassis.calls, book, trail, chassis.clock)
    chassis.at_start.append(ShippedDocuments(chassis.database, trail, chassis.clock))
    chassis.rounds.append(Round("announcing", _ANNOUNCE_SECONDS, Announcer(chassis.database, book, chassis.clock)))
    recompute = Recompute(chassis.database, book, trail, chassis.clock)
    chassis.rounds.append(Round("deadlines", _RECOMPUTE_SECONDS, recompute))
    await wire_documents(chassis, book, people, trail)


async def wire_documents(chassis: Chassis, book: Book, people: People, trail: Trail) -> None:
    """Forms, and files outside the database. Misconfigured: the folder of files cannot be written."""
    settings = cast("IntakeSettings", chassis.settings)
    files = Files(settings.attachments_dir)
    try:
        await asyncio.to_thread(files.prepare)
    except OSError as error:
        raise Misconfigured(f"TIEPSUC_ATTACHMENTS_DIR {settings.attachments_dir}: {error.strerror}") from error
    secret = settings.secret("attachments.key")
    keys_of_files = PersonWrapper(people, SecretWrapper(secret))
    content_key = derived(secret, b"attachment contents")
    attachments = AttachmentHandlers(files, keys_of_files, content_key, trail, settings, chassis.clock)
    documents = DocumentHandlers(book, people, trail, settings, chassis.clock)
    consumers.register_documents(chassis.calls, attachments, documents)
    sweep = AttachmentSweep(chassis.database, files, chassis.clock)
    chassis.rounds.append(Round("sweep of attachments", _SWEEP_SECONDS, sweep))


def wire_people_and_audit(chassis: Chassis, trail: Trail) -> People:
    """The identity vault and the audit. Misconfigured: their keys are not what they must be."""
    vault, signer = keys(chassis.settings)
    people = People(vault, trail, chassis.clock)
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
