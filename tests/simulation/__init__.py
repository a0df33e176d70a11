"""Promises under chaos: one seed, a workload, a nemesis, and checkers."""
