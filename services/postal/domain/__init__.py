"""What changes in this service: parcels and the book of item numbers. Pure."""
