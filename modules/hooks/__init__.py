"""Calls that go out and come in: secrets, deliveries, addresses for other programs."""
