-- For SQLite and PostgreSQL alike. Times are RFC 3339 in UTC with milliseconds, documents are JSON.
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

-- A job is one upload event, once for each content of each location; its id follows it from hook to tag.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    location TEXT NOT NULL,
    content TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    -- How often it was started since it was last requested, and how often it was queued at all.
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
CREATE INDEX jobs_state ON jobs (state);
CREATE INDEX jobs_asset ON jobs (asset);

-- A review is a person's decision on an asset. The one with the highest number counts; none changes an assessment.
CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    asset TEXT NOT NULL REFERENCES assets (sha256),
    number BIGINT NOT NULL,
    review TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    note TEXT,
    reviewed_at TEXT NOT NULL,
    UNIQUE (asset, number)
);

-- Every tag that was written, and its value where the location holds several, so that nothing else is ever removed.
CREATE TABLE ledger (
    job TEXT NOT NULL REFERENCES jobs (id),
    target TEXT NOT NULL,
    location TEXT NOT NULL,
    written_at TEXT NOT NULL,
    wrote TEXT,
    PRIMARY KEY (job, target, location)
);

-- A task is work for one of the queues. While a worker runs it, the worker keeps `seen_at` fresh.
CREATE TABLE tasks (
    id TEXT PRIMARY KEY,
    queue TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    priority BIGINT NOT NULL,
    run_at TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    worker TEXT,
    seen_at TEXT,
    done_at TEXT,
    UNIQUE (queue, key)
);
CREATE INDEX tasks_next ON tasks (queue, priority DESC, run_at) WHERE done_at IS NULL;
CREATE INDEX tasks_worker ON tasks (worker);
