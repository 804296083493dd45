"""«Scolarité Services»: a parent's children and the online services of their schools."""
