"""«Livret Scolaire Unique du CP à la 3ème»: a parent reads their children's school reports."""
