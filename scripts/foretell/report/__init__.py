"""The report of a complete study: one page that a person reads from top to bottom."""
