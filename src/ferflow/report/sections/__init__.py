"""The sections of the report: each a module whose functions map a ReportContext to a Section.

Every module here is imported, so that a section needs no line elsewhere: see ``ferflow.report.registry``.
"""

from importlib import import_module
from pkgutil import iter_modules

for module in iter_modules(__path__):
    import_module(f"{__name__}.{module.name}")
