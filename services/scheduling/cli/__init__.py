"""`tiepsuc roster`: rosters as files; it needs no running stack."""
