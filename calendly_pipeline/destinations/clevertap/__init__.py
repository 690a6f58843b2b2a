"""CleverTap as a destination: events of bookings, and the profiles they belong to."""
