"""What is owed, how it is paid, and what goes back: pure, one decider per file."""
