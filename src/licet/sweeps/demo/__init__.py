"""A province that does not exist, with faults planted in it: what ``licet demo`` imports and sweeps."""
