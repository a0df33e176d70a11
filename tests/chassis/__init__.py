"""The running gear, proved with a savings desk that has everything a service can have."""
