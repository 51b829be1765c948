-- Users of the console with what belongs to each of them.
-- Grain: users, preferences: one row per user; sessions: one per sign-in that has not ended;
--   filters: one per saved filter.
-- Units: times are ISO 8601 text in UTC, all of one width, so that they compare as text.
-- Read by: the queries beside this folder.
-- A user is never deleted: decisions name him. Names differ by more than case.
CREATE TABLE users (
    name TEXT PRIMARY KEY COLLATE NOCASE,
    role TEXT NOT NULL CHECK (role IN ('moderator', 'lead', 'auditor', 'admin')),
    password_hash TEXT, -- argon2; null: signs in by the one-time link alone
    temporary INTEGER NOT NULL DEFAULT 0 CHECK (temporary IN (0, 1)), -- to be changed before work
    made_at TEXT NOT NULL,
    disabled_at TEXT -- null: may sign in
) STRICT;
CREATE TABLE sessions (
    session_no INTEGER PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE, -- SHA-256, hex: who reads this file cannot take a session over
    user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name),
    agent TEXT NOT NULL, -- the browser as it names itself, to tell one's own sessions apart
    made_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX sessions_of_user ON sessions (user);
CREATE TABLE preferences ( -- null: the organisation's default
    user TEXT PRIMARY KEY COLLATE NOCASE REFERENCES users (name),
    blur TEXT CHECK (blur IN ('off', 'severe', 'all')),
    muted INTEGER CHECK (muted IN (0, 1)),
    theme TEXT CHECK (theme IN ('system', 'light', 'dark')),
    text_size TEXT CHECK (text_size IN ('normal', 'large', 'larger')),
    severe_in_a_row INTEGER CHECK (severe_in_a_row >= 0), -- 0: no cap
    break_after_minutes INTEGER CHECK (break_after_minutes >= 0) -- 0: no reminder
) STRICT;
CREATE TABLE filters (
    filter_id INTEGER PRIMARY KEY,
    user TEXT NOT NULL COLLATE NOCASE REFERENCES users (name),
    name TEXT NOT NULL,
    query TEXT NOT NULL, -- a query string, as in label=hostile&language=ps
    UNIQUE (user, name)
) STRICT;
PRAGMA application_id = 1668768099;
PRAGMA user_version = 1;
