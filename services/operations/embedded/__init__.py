"""NATS, PostgreSQL and every service as child processes of one supervisor."""
