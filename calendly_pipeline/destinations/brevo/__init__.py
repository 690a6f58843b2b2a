"""Brevo as a destination: attributes, lists, people to ask again, custom events."""
