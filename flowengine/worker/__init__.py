"""The worker process: one cycle over a pool that runs tasks, a heartbeat, and a supervisor."""
