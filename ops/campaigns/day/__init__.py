"""A day of schedules compressed into minutes, under load: nothing leaks, no count drifts."""
