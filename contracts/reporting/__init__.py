"""Messages of the reporting service: forms and figures, asked by query."""
