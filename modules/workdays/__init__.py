"""The working calendar: working days and hours, public holidays with Tết, and what the company decides otherwise."""
