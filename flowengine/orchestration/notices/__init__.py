"""Telling operators what they want to hear of, by rules of theirs, in their inboxes.

``happenings`` says what there is to tell, ``judging`` which rule wants what of it and how much at once,
``telling`` looks now and then and writes, ``rules`` is what people do to rules.
"""
