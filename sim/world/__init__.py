"""What can stand in a scenario: one file per kind of thing, each with its schema and the rules it brings."""
