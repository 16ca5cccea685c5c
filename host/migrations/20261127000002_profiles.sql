-- Bands that a site has set for its own assets. The one with the highest number counts for its model.
CREATE TABLE profiles (
    number BIGINT PRIMARY KEY,
    model TEXT NOT NULL,
    document TEXT NOT NULL,
    made_by TEXT NOT NULL,
    made_at TEXT NOT NULL
);
