"""Brevo as a destination; see the adapter."""

from calendly_pipeline.destinations.brevo.adapter import BrevoAdapter, make_adapter

__all__ = ["BrevoAdapter", "make_adapter"]
