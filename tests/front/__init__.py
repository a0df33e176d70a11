"""The front, before small processes that speak what a service's process speaks to it."""
