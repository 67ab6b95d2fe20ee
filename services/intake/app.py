"""The composition root of intake."""

import asyncio
from typing import cast

from services.chassis.errors import Misconfigured
from services.chassis.runtime import Chassis, Round, Service
from services.intake import consumers
from services.intake.handlers.assistance import Assistance, rounds
from services.intake.handlers.attachments import AttachmentHandlers, AttachmentSweep
from services.intake.handlers.cases import CaseHandlers
from services.intake.handlers.catalogue import Announcer
from services.intake.handlers.documents import DocumentHandlers
from services.intake.handlers.file_keys import SecretWrapper, derived
from services.intake.handlers.importing import ImportHandler
from services.intake.handlers.reference import Book, Fixed
from services.intake.handlers.views import CaseViews
from services.intake.limits import limits
from services.intake.reference import Reference
from services.intake.settings import IntakeSettings
from services.intake.store.files import Files

_SWEEP_SECONDS = 3600.0


def create() -> Service:
    """The service."""
    return Service("intake", wire, IntakeSettings)


async def wire(chassis: Chassis) -> None:
    """Puts the rooms together."""
    reference = Reference.shipped()
    book = Fixed(reference)
    consumers.register(
        chassis.calls,
        CaseHandlers(book, chassis.clock),
        CaseViews(book, chassis.clock),
        ImportHandler(book, chassis.clock),
    )
    allowed = limits(cast("IntakeSettings", chassis.settings).assistance_limits)
    consumers.register_assistance(chassis.calls, Assistance(reference, chassis.clock, allowed))
    chassis.rounds.extend(rounds(chassis.database, chassis.clock))
    chassis.at_start.append(Announcer(reference, chassis.database))
    await wire_documents(chassis, book)


async def wire_documents(chassis: Chassis, book: Book) -> None:
    """Forms, and files outside the database. Misconfigured: the folder of files cannot be written."""
    settings = cast("IntakeSettings", chassis.settings)
    files = Files(settings.attachments_dir)
    try:
        await asyncio.to_thread(files.prepare)
    except OSError as error:
        raise Misconfigured(f"TIEPSUC_ATTACHMENTS_DIR {settings.attachments_dir}: {error.strerror}") from error
    secret = settings.secret("attachments.key")
    handlers = AttachmentHandlers(
        files, SecretWrapper(secret), derived(secret, b"attachment contents"), settings, chassis.clock
    )
    consumers.register_documents(chassis.calls, handlers, DocumentHandlers(book, settings, chassis.clock))
    sweep = AttachmentSweep(chassis.database, files, chassis.clock)
    chassis.rounds.append(Round("sweep of attachments", _SWEEP_SECONDS, sweep))
