"""What was heard of a dossier, put together: where it stands, whose clock runs, whose minutes they were."""
