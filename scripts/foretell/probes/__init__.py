"""Probes: families of scorers, trained on the train split and chosen by cross-validation within it."""
