"""Relying parties: programs of their own that know the identity provider by discovery alone."""
