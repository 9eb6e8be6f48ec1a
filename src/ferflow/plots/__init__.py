"""Figures of evaluation and report. Functions take plain data and return a matplotlib ``Figure``.

Import them from their modules: a stage then depends on the figures that it draws, and on no others.
"""
