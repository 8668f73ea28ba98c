"""What goes over the wire between a worker and the server, and what can go wrong there."""
