"""The sections of the page: one module each, with one function that makes a section of a ReportContext."""
