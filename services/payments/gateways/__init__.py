"""The payment gateways: the port, the real adapters, and the simulators that speak their wire format."""
