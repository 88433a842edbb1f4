"""Tests of the guide, and of the declarations it is made of."""
