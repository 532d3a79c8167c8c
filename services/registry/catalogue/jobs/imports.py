"""The job that works through uploaded lists of holiday notices."""

from services.registry.catalogue.rules import holiday_notice_import as rules
from services.registry.catalogue.usecases import holiday_notice_import as notices
from shared.bus.import_job import TableImport, import_job

JOBS = [import_job(TableImport(rules.FORM, rules.read_line, notices.write_rows))]
