"""Less Annoying CRM as a destination: cards, notes or events, new cards."""
