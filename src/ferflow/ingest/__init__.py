"""From any source of faces to one form, audited (stage ingest)."""
