"""What everybody said, as rows; the same rows for every order in which the four of them are heard."""
