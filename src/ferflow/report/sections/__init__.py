"""The sections of the report: each a module whose functions map a ReportContext to a Section."""
