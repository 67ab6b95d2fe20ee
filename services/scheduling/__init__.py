"""Scheduling. Owns: volunteers, teams, shifts, rosters, hours, who is on duty.

Hears nothing and says nothing yet: an empty house on the chassis.
"""
