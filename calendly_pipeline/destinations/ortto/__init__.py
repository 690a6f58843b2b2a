"""Ortto as a destination: people, and what became of their bookings as activities."""
