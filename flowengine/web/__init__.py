"""JSON over HTTP: health, and the run page's fallback where no socket can be opened."""
