"""The store's functions over tables in memory that behave as PostgreSQL does at *read committed*.

SQLite has one writer at a time and so hides races. Here every statement sees what is committed at its
moment, and what its own transaction wrote; a row that another transaction has locked or written is
waited for, or skipped; so is a key that another one has inserted; who waits in a circle is a deadlock.
"""
