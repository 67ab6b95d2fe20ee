"""Escalation. Owns: policies, timers, escalations, officers' rotations, work contacts and deliveries.

Hears nothing and says nothing yet: an empty house on the chassis.
"""
