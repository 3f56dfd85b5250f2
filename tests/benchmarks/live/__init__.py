"""What following runs costs, and how fast it is, with a thousand sockets and more."""
