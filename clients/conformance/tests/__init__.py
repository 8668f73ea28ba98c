"""Tests of the kit itself: its proxy, its oracles, and whether it finds what is wrong with a worker."""
