"""Public post: fetches a dossier's papers from the applicant and brings results, with proof of every passing."""
