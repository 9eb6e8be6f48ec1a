"""What was published, read from ``workflow/claims.yaml``, and what our figures say of it."""

from ferflow.claims.evidence import Evidence, Measured, NotReachedError, leaves, read
from ferflow.claims.schema import Claim, Claims, Figure, PublishedResult, Range, experiments_of, load_claims
from ferflow.claims.verdicts import VERDICTS, Outcome, judge

__all__ = [
    "VERDICTS",
    "Claim",
    "Claims",
    "Evidence",
    "Figure",
    "Measured",
    "NotReachedError",
    "Outcome",
    "PublishedResult",
    "Range",
    "experiments_of",
    "judge",
    "leaves",
    "load_claims",
    "read",
]
