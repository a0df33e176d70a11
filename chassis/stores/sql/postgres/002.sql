-- The seals of the log: leaves in rows, a full one with its root; signed heads; and how often they were kept, so that
-- of two instances that seal at once the second finds that the first was there. Kept by chassis/seals_postgres.py.
CREATE TABLE sealed_leaves(number bigint PRIMARY KEY, hashes bytea NOT NULL, root bytea);
ALTER TABLE sealed_leaves ALTER hashes SET STORAGE EXTERNAL;  -- hashes cannot be made any shorter
CREATE TABLE sealed_heads(number bigint PRIMARY KEY, size bigint NOT NULL, document bytea NOT NULL);
CREATE TABLE sealed(turn bigint NOT NULL, position bigint);
INSERT INTO sealed VALUES(0, NULL);
