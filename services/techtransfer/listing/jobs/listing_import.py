"""The jobs that work through uploaded lists of achievements and of needs."""

from services.techtransfer.listing.rules.listing_import import reader
from services.techtransfer.listing.rules.listing_list import ACHIEVEMENTS, NEEDS
from services.techtransfer.listing.usecases.listing_import import write_achievements, write_needs
from shared.bus.import_job import TableImport, import_job

JOBS = [
    import_job(TableImport(ACHIEVEMENTS, reader(ACHIEVEMENTS), write_achievements)),
    import_job(TableImport(NEEDS, reader(NEEDS), write_needs)),
]
