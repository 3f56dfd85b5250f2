"""``manage.py flow``."""
