"""The thirteen example workflows, with the tasks they call and the world those tasks speak to."""
