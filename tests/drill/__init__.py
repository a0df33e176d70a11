"""Fault drills: a whole cluster under load, broken on purpose, then proved. `make drill SEED=1 DRILLS=1`."""
