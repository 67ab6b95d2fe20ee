"""Intake. Owns: units, calendars, procedures, cases. Hears: commands and queries. Says: `evt.intake.>`."""
