"""Python sources, followed without being run: where values come from, and which calls are reached."""
