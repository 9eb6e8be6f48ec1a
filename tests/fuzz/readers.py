"""The readers of ferflow, and of what share of the cases each gets: the slow ones fewer."""

#: Their mean is 1.
READERS = {
    "table": 3.0,
    "unlabelled table": 1.4,
    "archive": 1.6,
    "unlabelled archive": 0.5,
    "folder": 0.5,
    "image": 2.6,
    "params": 0.4,
    "claims": 0.4,
    "model": 0.4,
    "checkpoint": 0.6,
    "own JSON": 0.6,
    "own tables": 0.5,
    "own arrays": 0.6,
    "votes": 0.9,
}
