"""How well probes predict: every metric of them is computed here, once."""
