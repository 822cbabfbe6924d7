"""Measurements: speed and agreement with a peer, truth of the demo clip, settings of the networks."""
