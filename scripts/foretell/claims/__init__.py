"""The paper's claims, checked on a study's own results."""
