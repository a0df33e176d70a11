-- One file per service: no accidental transaction across services, independent writer lanes.
CREATE TABLE IF NOT EXISTS events(
  position    INTEGER PRIMARY KEY AUTOINCREMENT,
  stream      TEXT    NOT NULL,
  version     INTEGER NOT NULL,
  type        TEXT    NOT NULL,
  data        BLOB    NOT NULL,
  time_us     INTEGER NOT NULL,
  correlation TEXT    NOT NULL,
  causation   TEXT    NOT NULL,
  traceparent TEXT,
  said        TEXT,
  subject     TEXT,
  sequence    INTEGER,
  root        TEXT,
  said_data   BLOB,
  UNIQUE(stream, version),
  CHECK ((said IS NULL) = (sequence IS NULL))
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS said_in_order ON events(subject, sequence) WHERE sequence IS NOT NULL;
CREATE TABLE IF NOT EXISTS marks(
  source TEXT NOT NULL, subject TEXT NOT NULL, sequence INTEGER NOT NULL,
  PRIMARY KEY(source, subject)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions(source TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS held(
  source TEXT NOT NULL, subject TEXT NOT NULL, sequence INTEGER NOT NULL,
  position INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, root TEXT NOT NULL, time_us INTEGER NOT NULL,
  correlation TEXT NOT NULL, causation TEXT NOT NULL, traceparent TEXT, data BLOB NOT NULL,
  since_us INTEGER NOT NULL, attempts INTEGER NOT NULL, error TEXT,
  PRIMARY KEY(source, subject, sequence)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS discharges(
  source TEXT NOT NULL, subject TEXT NOT NULL, sequence INTEGER NOT NULL,
  by TEXT NOT NULL, reason TEXT NOT NULL, at_us INTEGER NOT NULL,
  PRIMARY KEY(source, subject, sequence)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS timers(
  id TEXT PRIMARY KEY, due_us INTEGER NOT NULL, command TEXT NOT NULL, data BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_due ON timers(due_us);
CREATE TABLE IF NOT EXISTS answers(
  id TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, status INTEGER NOT NULL, body BLOB NOT NULL,
  version INTEGER NOT NULL, at_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_age ON answers(at_us);
CREATE TABLE IF NOT EXISTS snapshots(
  stream TEXT NOT NULL, shape TEXT NOT NULL, version INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY(stream, shape)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS owing(stream TEXT PRIMARY KEY, since_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
