"""The specifications as pure functions: no framework, no database, no clock of its own."""
