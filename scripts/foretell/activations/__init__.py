"""Activations of rendered prompts, cached or imported."""
