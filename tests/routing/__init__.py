"""Chains of agencies: who may act when, what each act leads to, and whose minute it is."""
