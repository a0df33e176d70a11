-- One database per service. Texts are ordered by their bytes wherever the database was made, as SQLite orders them.
CREATE TABLE events(
  position    bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME events_position CACHE 1) PRIMARY KEY,
  stream      text COLLATE "C" NOT NULL,
  version     bigint NOT NULL,
  type        text COLLATE "C" NOT NULL,
  data        bytea NOT NULL,
  time_us     bigint NOT NULL,
  correlation text COLLATE "C" NOT NULL,
  causation   text COLLATE "C" NOT NULL,
  traceparent text COLLATE "C",
  said        text COLLATE "C",
  subject     text COLLATE "C",
  sequence    bigint,
  root        text COLLATE "C",
  said_data   bytea,
  generation  bigint NOT NULL,
  hash        bytea NOT NULL,
  UNIQUE(stream, version),
  CHECK ((said IS NULL) = (sequence IS NULL))
);
CREATE UNIQUE INDEX said_in_order ON events(subject, generation, sequence) WHERE sequence IS NOT NULL;

CREATE TABLE marks(
  source text COLLATE "C" NOT NULL, subject text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
  PRIMARY KEY(source, subject)) WITH (fillfactor = 70);
CREATE TABLE positions(source text COLLATE "C" PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 70);
CREATE TABLE held(
  source text COLLATE "C" NOT NULL, subject text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
  position bigint NOT NULL, id text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL,
  root text COLLATE "C" NOT NULL, time_us bigint NOT NULL, correlation text COLLATE "C" NOT NULL,
  causation text COLLATE "C" NOT NULL, traceparent text COLLATE "C", data bytea NOT NULL,
  since_us bigint NOT NULL, attempts bigint NOT NULL, error text COLLATE "C",
  PRIMARY KEY(source, subject, sequence));
CREATE TABLE discharges(
  source text COLLATE "C" NOT NULL, subject text COLLATE "C" NOT NULL, sequence bigint NOT NULL,
  by text COLLATE "C" NOT NULL, reason text COLLATE "C" NOT NULL, at_us bigint NOT NULL,
  PRIMARY KEY(source, subject, sequence));
CREATE TABLE timers(
  id text COLLATE "C" PRIMARY KEY, due_us bigint NOT NULL, command text COLLATE "C" NOT NULL, data bytea NOT NULL,
  traceparent text COLLATE "C");
CREATE INDEX timers_due ON timers(due_us);
CREATE TABLE answers(
  id text COLLATE "C" PRIMARY KEY, fingerprint text COLLATE "C" NOT NULL, status bigint NOT NULL, body bytea NOT NULL,
  version bigint NOT NULL, at_us bigint NOT NULL);
CREATE INDEX answers_age ON answers(at_us);
CREATE TABLE snapshots(
  stream text COLLATE "C" NOT NULL, shape text COLLATE "C" NOT NULL, version bigint NOT NULL, data bytea NOT NULL,
  PRIMARY KEY(stream, shape));
CREATE TABLE owing(stream text COLLATE "C" PRIMARY KEY, since_us bigint NOT NULL);
CREATE TABLE generations(
  number bigint PRIMARY KEY, after_position bigint NOT NULL, began_us bigint NOT NULL, why text COLLATE "C" NOT NULL);
INSERT INTO generations VALUES(1, 0, 0, '');
CREATE TABLE meta(name text COLLATE "C" PRIMARY KEY, value text COLLATE "C" NOT NULL);
-- Up to where the log was said to a topic, for each topic by its id: one that was made anew is said everything again.
CREATE TABLE relayed(topic text COLLATE "C" PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 50);

-- Whoever finds that something is not as it was read raises LT001: nothing is written, and it is done again.

-- Append, the last thing that a transaction does. The shared lock stands BEFORE any position is drawn and goes with
-- the transaction, after its rows can be seen: chassis/stores/postgres_order.py says what readers make of that.
-- A version below the expected one would be taken by UNIQUE(stream, version); one above would leave a hole.
CREATE FUNCTION append(
  p_expected_streams text[], p_expected bigint[], p_streams text[], p_versions bigint[], p_types text[],
  p_data bytea[], p_times bigint[], p_correlations text[], p_causations text[], p_traceparents text[], p_said text[],
  p_subjects text[], p_sequences bigint[], p_roots text[], p_said_data bytea[], p_generation bigint, p_hashes bytea[])
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  moved text;
BEGIN
  SELECT e.stream INTO moved FROM unnest(p_expected_streams, p_expected) AS e(stream, version)
    WHERE (SELECT coalesce(max(events.version), 0) FROM events WHERE events.stream = e.stream) <> e.version LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'stream % is not at the version that was read', moved USING ERRCODE = 'LT001';
  END IF;
  IF cardinality(p_streams) = 0 THEN
    RETURN 0;
  END IF;
  PERFORM pg_advisory_xact_lock_shared(1162692948, 1);
  INSERT INTO events(stream, version, type, data, time_us, correlation, causation, traceparent, said, subject, sequence,
    root, said_data, generation, hash)
    SELECT r.stream, r.version, r.type, r.data, r.time_us, r.correlation, r.causation, r.traceparent, r.said, r.subject,
      r.sequence, r.root, r.said_data, p_generation, r.hash
    FROM unnest(p_streams, p_versions, p_types, p_data, p_times, p_correlations, p_causations, p_traceparents, p_said,
      p_subjects, p_sequences, p_roots, p_said_data, p_hashes) WITH ORDINALITY
      AS r(stream, version, type, data, time_us, correlation, causation, traceparent, said, subject, sequence, root,
        said_data, hash, place)
    ORDER BY r.place;
  RETURN currval('events_position');
END $$;

-- How far positions were drawn, and after that, in a look of its own, who may yet make one of them readable. Where
-- nothing was drawn since `p_known`, nobody may.
CREATE FUNCTION reach(p_known bigint DEFAULT -1, OUT drawn bigint, OUT holders text[]) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO drawn FROM events_position;
  IF drawn = p_known THEN
    holders := '{}';
    RETURN;
  END IF;
  SELECT coalesce(array_agg(virtualtransaction), '{}') INTO holders FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 1162692948 AND objid = 1 AND objsubid = 2 AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database());
END $$;

-- Move each position only from where it was read, so that a second owner of a channel loses. In the order of keys, so
-- that two that move the same ones wait for each other and never in a ring.
CREATE FUNCTION move_positions(p_sources text[], p_before bigint[], p_now bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT * FROM unnest(p_sources, p_before, p_now) AS r(source, before, now) ORDER BY r.source COLLATE "C" LOOP
    IF one.before = 0 THEN
      INSERT INTO positions(source, position) VALUES(one.source, one.now) ON CONFLICT DO NOTHING;
    ELSE
      UPDATE positions SET position = one.now WHERE source = one.source AND position = one.before;
    END IF;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'position in % is not %: another reader moved it', one.source, one.before
        USING ERRCODE = 'LT001';
    END IF;
  END LOOP;
END $$;

CREATE FUNCTION move_marks(p_sources text[], p_subjects text[], p_before bigint[], p_now bigint[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  one record;
BEGIN
  FOR one IN SELECT * FROM unnest(p_sources, p_subjects, p_before, p_now) AS r(source, subject, before, now)
    ORDER BY r.source COLLATE "C", r.subject COLLATE "C" LOOP
    IF one.before = 0 THEN
      INSERT INTO marks(source, subject, sequence) VALUES(one.source, one.subject, one.now) ON CONFLICT DO NOTHING;
    ELSE
      UPDATE marks SET sequence = one.now
        WHERE source = one.source AND subject = one.subject AND sequence = one.before;
    END IF;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'mark of % in % is not %: another reader moved it', one.subject, one.source, one.before
        USING ERRCODE = 'LT001';
    END IF;
  END LOOP;
END $$;

-- What SQLite tells of a table under this name, in SQLite's words; the pages of lists are described from it.
CREATE FUNCTION pragma_table_info(p_table text) RETURNS TABLE(name text, type text, "notnull" int, pk int)
LANGUAGE sql STABLE AS $$
  SELECT a.attname::text,
    CASE format_type(a.atttypid, NULL) WHEN 'bigint' THEN 'INTEGER' WHEN 'double precision' THEN 'REAL'
      WHEN 'bytea' THEN 'BLOB' ELSE upper(format_type(a.atttypid, NULL)) END,
    a.attnotnull::int, coalesce(i.indisprimary, false)::int
  FROM pg_attribute AS a
  LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY(i.indkey)
  WHERE a.attrelid = to_regclass(p_table) AND a.attnum > 0 AND NOT a.attisdropped
  ORDER BY a.attnum
$$;
