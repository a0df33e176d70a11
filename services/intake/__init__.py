"""Intake: the one-stop desk, from the first paper to the result in the applicant's hands."""
