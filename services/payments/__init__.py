"""Payments: what a dossier costs, how it is paid, the receipt for it, and what must go back."""
