"""How the process writes its log: one line an event, on standard error, for people or for a collector."""

import logging
import sys

import structlog
from aiohttp.http_exceptions import HttpProcessingError

from server.settings import LogSettings


class OurFaults(logging.Filter):
    """Lets through what went wrong here, and not the traceback of every stranger who garbles a request or hangs up."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record."""
        error = record.exc_info[1] if record.exc_info else None
        return not isinstance(error, (HttpProcessingError, ConnectionResetError))


def configure(settings: LogSettings) -> None:
    """Sets the one logger of the process; called once, before anything is logged."""
    last: structlog.typing.Processor
    if settings.format == "json":
        last = structlog.processors.JSONRenderer()
    else:
        last = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.dict_tracebacks if settings.format == "json" else structlog.dev.set_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.getLogger("aiohttp.server").addFilter(OurFaults())
