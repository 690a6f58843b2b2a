"""Brevo as a destination."""
