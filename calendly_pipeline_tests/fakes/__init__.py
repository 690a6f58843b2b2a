"""Stateful stand-ins for the vendors, spoken to over real HTTP."""
