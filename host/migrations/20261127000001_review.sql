-- What the review pages list: for each asset its newest assessment, and the decision that counts. It follows from the
-- other tables, and is kept since filters over a hundred thousand assets must be quick.
CREATE TABLE items (
    asset TEXT PRIMARY KEY REFERENCES assets (sha256),
    assessment TEXT NOT NULL REFERENCES assessments (id),
    -- Where the asset came from last.
    job TEXT NOT NULL REFERENCES jobs (id),
    name TEXT NOT NULL,
    -- The name in lower case.
    searched TEXT NOT NULL,
    source TEXT NOT NULL,
    verdict TEXT NOT NULL,
    -- Empty where there is a score.
    reason TEXT NOT NULL,
    model TEXT NOT NULL,
    -- P(fake), -1 without; and how far it lies from the threshold, 2 without.
    score DOUBLE PRECISION NOT NULL,
    distance DOUBLE PRECISION NOT NULL,
    assessed_at TEXT NOT NULL,
    day TEXT NOT NULL,
    review TEXT NOT NULL,
    reviewer TEXT
);
CREATE INDEX items_facets ON items (verdict, review, source, model, reason, day);
CREATE INDEX items_distance ON items (distance, asset);
CREATE INDEX items_searched ON items (searched, asset);
CREATE INDEX items_score ON items (score DESC, asset);
CREATE INDEX items_assessed ON items (assessed_at DESC, asset);

-- Reviews that were made at once are undone at once.
ALTER TABLE reviews ADD COLUMN batch TEXT;
-- Whether the person saw the model's score first: 1, 0, or unknown.
ALTER TABLE reviews ADD COLUMN saw_score BIGINT;
CREATE INDEX reviews_batch ON reviews (batch);

-- What a second person says of an asset without seeing what the first has said.
CREATE TABLE second_readings (
    asset TEXT PRIMARY KEY REFERENCES assets (sha256),
    -- What the first had said then.
    first_reader TEXT NOT NULL,
    first_review TEXT NOT NULL,
    reader TEXT NOT NULL,
    review TEXT NOT NULL,
    read_at TEXT NOT NULL
);

-- Who did what. Each row holds the hash of the one before; `audit_head` holds the last.
CREATE TABLE audit (
    number BIGINT PRIMARY KEY,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '');

-- People who are signed in, by the sha256 of what their browser shows.
CREATE TABLE sessions (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    expires_at TEXT NOT NULL
);
