"""What strangers may send: generated from the description of the doors, and raw bytes beside it."""
