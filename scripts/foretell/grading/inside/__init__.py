"""Programs that run inside the sandbox, one file each, on the standard library alone."""
