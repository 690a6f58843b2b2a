"""Whether what was published can be believed: expectations of tables, and how they are shown."""
