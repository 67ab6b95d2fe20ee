"""Pure parts: no server, no clock but a frozen one."""
