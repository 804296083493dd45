"""Registered client applications."""
