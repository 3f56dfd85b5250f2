"""Private RabbitMQ, PostgreSQL and Redis nodes, for tests that kill, stop or wipe them.

Plain stdlib Python: ``tests/services.py`` uses them before anything is installed.
"""
