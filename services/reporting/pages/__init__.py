"""The pages that span all services: finding dossiers, and one dossier with everything that happened to it."""
