"""Messages of the intake service: units, procedures and cases."""
