"""Faces, and the samples that a protocol draws from them (stages balance and split)."""
