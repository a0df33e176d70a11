-- The vault's own database. A key with `drafted_at` is a draft: of somebody new, whom no event names durably yet; nobody
-- is found through it, and it is swept when it is a day old.
CREATE TABLE people(person text PRIMARY KEY, wrapped_key bytea NOT NULL, drafted_at timestamptz);
CREATE INDEX drafts ON people(drafted_at) WHERE drafted_at IS NOT NULL;
CREATE TABLE lookup(digest bytea PRIMARY KEY, person text NOT NULL);
CREATE INDEX lookup_of ON lookup(person);
CREATE TABLE also_known(digest bytea NOT NULL, person text NOT NULL, PRIMARY KEY(digest, person));
CREATE INDEX also_known_of ON also_known(person);
-- The planner's statistics keep samples of a column. They would keep wrapped keys and digests of people who were forgotten.
ALTER TABLE people ALTER wrapped_key SET STATISTICS 0, ALTER person SET STATISTICS 0;
ALTER TABLE lookup ALTER digest SET STATISTICS 0, ALTER person SET STATISTICS 0;
ALTER TABLE also_known ALTER digest SET STATISTICS 0, ALTER person SET STATISTICS 0;
CREATE TABLE index_keys(number integer PRIMARY KEY, wrapped_key bytea NOT NULL);
ALTER TABLE index_keys ALTER wrapped_key SET STATISTICS 0;
-- `call` tells a reading that is asked for again, because its answer was lost on the way, from a second reading.
CREATE TABLE openings(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person text NOT NULL, by text NOT NULL, purpose text NOT NULL,
  fields text NOT NULL, at text NOT NULL, about text NOT NULL, handed_to text NOT NULL, call text NOT NULL,
  UNIQUE(call, person));
CREATE INDEX openings_of ON openings(person, id);
CREATE INDEX openings_about ON openings(about, id) WHERE about <> '';
CREATE TABLE leaving(person text PRIMARY KEY, until timestamptz NOT NULL);
CREATE TABLE forgotten(
  person text PRIMARY KEY, at text NOT NULL, by text NOT NULL, law text NOT NULL, decision text NOT NULL,
  traceless boolean NOT NULL DEFAULT false);
CREATE TABLE copies(path text PRIMARY KEY, made_at text NOT NULL);
CREATE TABLE pending(path text NOT NULL, person text NOT NULL, since pg_lsn, PRIMARY KEY(path, person));
