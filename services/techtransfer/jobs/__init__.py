"""Loops of techtransfer, run under an advisory lock."""
