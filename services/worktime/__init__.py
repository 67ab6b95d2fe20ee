"""Working time: calendars, deadlines with their explanation, and the clock. Pure, and knows no service."""
