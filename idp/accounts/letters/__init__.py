"""Letters by which a school gives an account to a responsable. Source: parents' guide, «Parcours par notification»."""
