"""A small shop: the Django project that the tests run flowengine in."""
