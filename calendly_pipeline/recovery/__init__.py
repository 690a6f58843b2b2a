"""Backups of a home, and what brings one back: contents kept once, manifests that name them, a swap that goes on."""
