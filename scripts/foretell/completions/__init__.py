"""Prompts, and what models answer to them."""
