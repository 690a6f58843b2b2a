"""What to send, what was sent, what came back."""

DESTINATIONS = ("lacrm", "brevo", "clevertap", "ortto", "salesforce_links")
"""Names of the receiving tools, as in pipeline.toml; light to import, unlike their settings."""
