"""Reporting. Owns: projections and forms. Hears: `evt.intake.>`, queries. Says: nothing yet."""
