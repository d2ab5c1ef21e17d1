"""Figures and tables: what each shows is first a tidy frame, and is drawn from that frame alone."""
