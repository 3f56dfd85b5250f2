"""Any broker that kombu can speak to, ``inproc://`` among them.

kombu has no asyncio API and its objects belong to one thread, so there are two connections, each with
a thread of its own: the sender waits for envelopes, the receiver for messages. A virtual transport
routes in the *publisher*, from the bindings it knows; therefore the whole topology is declared on
both sides, and again every few seconds where another program could have wiped it.
"""
