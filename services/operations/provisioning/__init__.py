"""NATS users, streams and durables, PostgreSQL roles, databases and schemas: all from the topology."""
