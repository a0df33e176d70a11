"""The services of the platform. None imports another; `services/__main__.py` alone knows them all."""
