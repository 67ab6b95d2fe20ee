"""`tiepsuc import`: a case log of this or another system into the running stack."""
