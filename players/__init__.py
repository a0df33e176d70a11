"""The people of a province, played from one seed: applicants, desks, agencies, payers and postmen."""
