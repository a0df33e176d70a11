"""What the one-stop desk promises."""
