"""Prefect flows over the plain functions of the readers, the classifiers and the warehouse."""
