"""Services: what a portal shows to parents as tiles, each for the schools that have it (docs/services.md)."""
