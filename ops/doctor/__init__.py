"""What `channelwatch doctor` looks at. It only looks: it changes nothing, wherever it is run.

A look is a function ``(place) -> Iterator[Finding]``; it stands in one of the lists of
:mod:`ops.doctor.looks`.
"""
