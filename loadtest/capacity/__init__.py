"""How many this machine holds: `python -m loadtest.capacity`."""
