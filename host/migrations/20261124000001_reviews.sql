-- A review is a person's decision on an asset. The last one counts; none changes what a model has said.
CREATE TABLE reviews (
    id TEXT PRIMARY KEY,
    asset TEXT NOT NULL REFERENCES assets (sha256),
    review TEXT NOT NULL,
    reviewer TEXT NOT NULL,
    note TEXT,
    reviewed_at TEXT NOT NULL
);
CREATE INDEX reviews_asset ON reviews (asset);

-- What we wrote, so that what a person has put in its place is known to be his.
ALTER TABLE ledger ADD COLUMN wrote TEXT;
