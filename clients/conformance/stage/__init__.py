"""What a check plays on: a server, worker processes, and the files in which these say what they did."""
