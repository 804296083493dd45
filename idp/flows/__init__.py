"""Journeys as stored steps; they know neither HTTP nor the protocol."""
