-- For SQLite and PostgreSQL alike. Times are RFC 3339 in UTC, documents are JSON.
CREATE TABLE assets (
    sha256 TEXT PRIMARY KEY,
    bytes BIGINT NOT NULL,
    first_seen TEXT NOT NULL
);

-- An assessment is one answer of one model in one plugin about one asset; it is never changed.
CREATE TABLE assessments (
    id TEXT PRIMARY KEY,
    asset TEXT NOT NULL REFERENCES assets (sha256),
    model TEXT NOT NULL,
    plugin TEXT NOT NULL,
    verdict TEXT NOT NULL,
    document TEXT NOT NULL,
    assessed_at TEXT NOT NULL,
    UNIQUE (asset, model, plugin)
);

-- An arrival is what a source said, once for each content of each place; its id follows it from hook to tag.
CREATE TABLE arrivals (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    place TEXT NOT NULL,
    content TEXT NOT NULL,
    arrival TEXT NOT NULL,
    state TEXT NOT NULL,
    -- How often it was begun since somebody asked for it, and how often it was queued at all.
    attempts BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    asset TEXT REFERENCES assets (sha256),
    assessment TEXT REFERENCES assessments (id),
    error_code TEXT,
    error TEXT,
    received_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    UNIQUE (source, content)
);
CREATE INDEX arrivals_state ON arrivals (state);
CREATE INDEX arrivals_asset ON arrivals (asset);

-- What we wrote where, so that nothing else is ever taken back.
CREATE TABLE ledger (
    arrival TEXT NOT NULL REFERENCES arrivals (id),
    target TEXT NOT NULL,
    place TEXT NOT NULL,
    written_at TEXT NOT NULL,
    PRIMARY KEY (arrival, target, place)
);
