import { prepared } from '../connection/statement.js';

const COLUMNS = 'settings, position, accepted, rejected, finished_at';

/** The import of a file: $1 is its digest. */
export const FIND_IMPORT = prepared(`SELECT ${COLUMNS} FROM imports WHERE digest = $1`);

/** Begins the import of a file: $1 is its digest, $2 the settings. One of which no row was accepted begins again, with these. */
export const BEGIN_IMPORT = prepared(`
  INSERT INTO imports AS earlier (digest, settings) VALUES ($1, $2)
  ON CONFLICT (digest) DO UPDATE SET settings = excluded.settings, position = 0, rejected = 0, finished_at = NULL
  WHERE earlier.accepted = 0
  RETURNING ${COLUMNS}`);

/**
 * Moves the import of a file ($1) from the position $2 on, by $3 accepted and $4 rejected rows; no row if it is elsewhere. Until the
 * end of the transaction, no other import of the file can do the same.
 */
export const ADVANCE_IMPORT = prepared(`
  UPDATE imports SET position = position + $3::bigint + $4::bigint, accepted = accepted + $3::bigint, rejected = rejected + $4::bigint
  WHERE digest = $1 AND position = $2
  RETURNING ${COLUMNS}`);

/** Marks the import of a file ($1) with $2 rows as finished; no row if it has another number. */
export const FINISH_IMPORT = prepared(`
  UPDATE imports SET finished_at = coalesce(finished_at, now()) WHERE digest = $1 AND position = $2
  RETURNING ${COLUMNS}`);
