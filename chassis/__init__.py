"""The running gear: stores, buses, clock, vault and HTTP manners. It knows no service."""
