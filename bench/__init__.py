"""What is measured, beside whom, and what it printed."""
