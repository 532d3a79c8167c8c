"""The job that works through uploaded lists of rights."""

from services.ipr.right.jobs.portfolio import sum_up
from services.ipr.right.rules import right_import as rules
from services.ipr.right.rules.right_list import FORM
from services.ipr.right.usecases import right_import as usecases
from shared.bus.import_job import TableImport, import_job

JOBS = [import_job(TableImport(FORM, rules.read_line, usecases.write_rows, settle=sum_up))]
