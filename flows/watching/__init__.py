"""How what happens is told: events, and what logs, metrics and traces make of them.

Whatever does the work says what happened, once, by :func:`flows.watching.events.tell`: a record of
the standard library's logging with plain facts. ``logs`` renders it, ``telemetry`` counts it and
makes traces of it; both are set up by whoever starts the process, never at import.
"""
