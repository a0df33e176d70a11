"""What can be looked up about dossiers: rows made of events, and papers made of what they say."""
