"""What a chain is and what may happen to it: pure, one thing in each file."""
