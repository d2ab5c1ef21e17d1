"""Problem sets: generated, downloaded or imported."""
