"""The calendar: appointments and tasks by the day, their repetition, feeds and files of calendars."""
