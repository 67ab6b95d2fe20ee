"""What runs and looks after the services: the `tiepsuc` command, provisioning, the embedded stack."""
