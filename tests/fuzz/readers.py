"""The readers of ferflow, and of what share of the cases each gets: the slow ones fewer."""

#: Their mean is 1.
READERS = {
    "table": 2.5,
    "unlabelled table": 1.2,
    "archive": 2.0,
    "unlabelled archive": 0.8,
    "folder": 0.6,
    "image": 2.2,
    "params": 0.3,
    "claims": 0.4,
    "model": 0.5,
    "checkpoint": 0.8,
    "own JSON": 1.0,
    "own tables": 0.7,
    "own arrays": 1.0,
    "votes": 1.0,
}
