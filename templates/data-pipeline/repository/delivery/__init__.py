"""Brings the Glue job of this project into an account, and runs it there.

The build folder's code is a release: an archive named by its digest, kept in the dev bucket. Every stage runs a
release, so that what was tested is what goes to prod.
"""
