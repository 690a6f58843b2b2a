"""Salesforce as a destination: everybody's booking links."""
