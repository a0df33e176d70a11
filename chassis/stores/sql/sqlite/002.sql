-- Each event carries the hash that ties it to the one before it in its stream (`chassis/stores/chain.py`), and the
-- generation in which it was said; a restore from a backup begins a new one.
ALTER TABLE events ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE events ADD COLUMN hash BLOB NOT NULL DEFAULT x'';
DROP INDEX said_in_order;
CREATE UNIQUE INDEX said_in_order ON events(subject, generation, sequence) WHERE sequence IS NOT NULL;
CREATE TABLE generations(
  number INTEGER PRIMARY KEY, after_position INTEGER NOT NULL, began_us INTEGER NOT NULL, why TEXT NOT NULL) STRICT;
INSERT INTO generations VALUES(1, 0, 0, '');
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
