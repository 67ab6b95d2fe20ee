"""Intake. Owns: units, calendars, procedures, cases, assistance (visits, queues, ratings, complaints).

Hears: commands and queries. Says: `evt.intake.>`.
"""
