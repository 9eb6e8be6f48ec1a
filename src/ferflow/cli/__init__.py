"""The ``ferflow`` command."""
