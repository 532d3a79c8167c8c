"""registry/enterprise — who a firm is: master record, filings, titles, and the tables it arrives in."""
