"""RabbitMQ through pika, on one thread with its own asyncio loop.

Two connections. A broker in memory or disk alarm stops *reading* from a connection that publishes, so
acknowledgements on it would wait too: publishing and consuming are kept apart. Each connection
is kept by a :class:`~flowengine.broker.rabbitmq.link.Link`, which runs what is to be done while it is
open and begins again when it is lost. pika's objects are touched on the loop's thread only, and what
belongs to a lost connection (delivery tags, unconfirmed envelopes) never outlives it.

``adapter`` is the broker protocol; start reading there. ``publisher`` and ``consumer`` do the work,
``declare`` makes the topology exist, ``channel`` turns pika's callbacks into awaitables.
"""
