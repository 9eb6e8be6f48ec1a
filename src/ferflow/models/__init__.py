"""The models and how they are trained (stage train)."""
