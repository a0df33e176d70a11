-- Timers that ring: each row goes only if it still is as it was read. Another instance may have let it ring, cancelled it or
-- set it anew in the meantime; then the whole transaction has lost, and is done again upon what is there now.
CREATE FUNCTION ring(p_ids text[], p_dues bigint[], p_commands text[], p_data bytea[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  rung bigint;
BEGIN
  DELETE FROM timers USING unnest(p_ids, p_dues, p_commands, p_data) AS r(id, due_us, command, data)
    WHERE timers.id = r.id AND timers.due_us = r.due_us AND timers.command = r.command AND timers.data = r.data;
  GET DIAGNOSTICS rung = ROW_COUNT;
  IF rung <> cardinality(p_ids) THEN
    RAISE EXCEPTION '% of % timers are not as they were read', cardinality(p_ids) - rung, cardinality(p_ids)
      USING ERRCODE = 'LT001';
  END IF;
END $$;
