"""What the folder of an exported router holds."""

MANIFEST = "manifest.json"  # the sums of the others, written last
ROUTER = "router.json"
PROBES = "probes.safetensors"
POINTS = "operating_points.csv"
CARD = "README.md"
FILES = (ROUTER, PROBES, POINTS, CARD, MANIFEST)

SCHEMA = 2  # of all of them: raise it where older code could not read what is written
