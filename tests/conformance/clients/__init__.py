"""What independent clients expect of an AWS endpoint, one module per kind of thing."""
