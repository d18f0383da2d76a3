"""Text messages and Zalo: adapters of providers and their settings."""
