"""The jobs that work through uploaded lists of enterprises and of their annual filings."""

from services.registry.enterprise.rules import enterprise_import, enterprise_list, filing_import
from services.registry.enterprise.usecases import enterprise_import as enterprises
from services.registry.enterprise.usecases import filing_import as filings
from shared.bus.import_job import TableImport, import_job

JOBS = [
    import_job(TableImport(enterprise_list.FORM, enterprise_import.read_line, enterprises.write_rows)),
    import_job(TableImport(filing_import.FORM, filing_import.read_line, filings.write_rows)),
]
