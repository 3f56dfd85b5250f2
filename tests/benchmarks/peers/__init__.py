"""Other task systems doing the same work, each in its best durable configuration that was found."""
