"""The leak certificate: every role, field and way out tried with planted values on the present schema."""
