"""Trains the detectors of Veritag from crop packs. README.md beside this file says how."""
