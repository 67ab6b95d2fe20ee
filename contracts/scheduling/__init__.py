"""Messages of the scheduling service. It owns no event yet."""
