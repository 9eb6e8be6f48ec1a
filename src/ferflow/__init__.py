"""ferflow: facial-expression recognition on FER-2013 as a reproducible workflow."""

__version__ = "0.2.0"
