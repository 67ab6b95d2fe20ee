"""Faults in real servers and processes under load; after each, every event took effect once and in order."""
