"""Messages of the escalation service. It owns no event yet."""
