import type { Attachment } from '../../../domain/attachments/attachment.js';
import { principalOf } from '../../../domain/access/access-key.js';
import { isoTime } from '../../../shared/time/iso-time.js';
import { type ArrayColumn, arrayParameters, columnNames } from '../connection/array-parameters.js';
import { prepared } from '../connection/statement.js';

/** The size of a chunk, in bytes; the schema requires it. */
export const CHUNK_BYTES = 256 * 1024;

/** The length of a SHA-256. */
export const DIGEST_BYTES = 32;

/** An attachment to insert: its bytes are stored, in chunks or as an object. */
export type AttachmentRow = Omit<Attachment, 'actor' | 'channel'> & {
  readonly principal: string;
  /** Null for chunks in the database. */
  readonly object: string | null;
  /** The digests of the chunks of an object, one after the other. */
  readonly chunkDigests: Buffer | null;
};

/** The columns that an attachment is stored in. */
export const ATTACHMENT_COLUMNS: readonly ArrayColumn<AttachmentRow>[] = [
  { name: 'id', type: 'bigint', valueOf: ({ id }) => id },
  { name: 'incident_id', type: 'bigint', valueOf: ({ incidentId }) => incidentId },
  { name: 'number', type: 'integer', valueOf: ({ number }) => number },
  { name: 'seq', type: 'integer', valueOf: ({ seq }) => seq },
  { name: 'name', type: 'text', valueOf: ({ name }) => name },
  { name: 'content_type', type: 'text', valueOf: ({ contentType }) => contentType },
  { name: 'size', type: 'integer', valueOf: ({ size }) => size },
  { name: 'sha256', type: 'bytea', valueOf: ({ sha256 }) => sha256 },
  { name: 'at', type: 'timestamptz', valueOf: ({ at }) => isoTime(at) },
  { name: 'principal', type: 'text', valueOf: ({ principal }) => principal },
  { name: 'object', type: 'uuid', valueOf: ({ object }) => object },
  { name: 'chunk_digests', type: 'bytea', valueOf: ({ chunkDigests }) => chunkDigests },
];

/** The id of an attachment whose chunks are about to be inserted. */
export const NEXT_ID = prepared(`SELECT nextval('attachments_id_seq') AS id`);

/** Inserts a chunk: the id of its attachment, its index, its bytes and their digest. */
export const ADD_CHUNK = prepared(`
  INSERT INTO attachment_chunks (attachment_id, index, bytes, sha256) VALUES ($1, $2, $3, $4)`);

/** Inserts attachments whose chunks are complete. */
export const ADD_ATTACHMENTS = prepared(`
  INSERT INTO attachments (${columnNames(ATTACHMENT_COLUMNS)}) OVERRIDING SYSTEM VALUE
  SELECT * FROM unnest(${arrayParameters(ATTACHMENT_COLUMNS)})`);

/** Locks an incident until the end of the transaction: no other change can come in between. */
export const LOCK_INCIDENT = prepared(`SELECT id FROM incidents WHERE id = $1 FOR NO KEY UPDATE`);

/** The number of attachments of an incident. */
export const LAST_NUMBER = prepared(`
  SELECT coalesce(max(number), 0) AS number FROM attachments WHERE incident_id = $1`);

/** Makes transactions of one principal take turns from here on: together they must not exceed its daily limit. */
export const LOCK_PRINCIPAL = prepared(`SELECT pg_advisory_xact_lock(hashtextextended($1, 8675309))`);

/** The size of what a principal has attached since a time. */
export const ATTACHED_SINCE = prepared(`
  SELECT coalesce(sum(size), 0)::bigint AS bytes FROM attachments WHERE principal = $1 AND at >= $2`);

/**
 * The attachments of an incident, or the one with a number; a row without a number where there is none, and no row without the
 * incident. Values: the incident; a principal for whom only incidents exist that it has reported, and files that it has attached, or null;
 * the number, or null.
 */
export const LIST = prepared(`
  SELECT attachment.*
  FROM incident_events AS report
  LEFT JOIN LATERAL (
    SELECT attachments.id, attachments.incident_id, attachments.number, attachments.seq, attachments.name,
      attachments.content_type, attachments.size, attachments.sha256, attachments.at, event.actor, event.channel
    FROM attachments
    JOIN incident_events AS event ON event.incident_id = attachments.incident_id AND event.seq = attachments.seq
    WHERE attachments.incident_id = report.incident_id AND attachments.number = coalesce($3::integer, attachments.number)
      AND ($2::text IS NULL OR attachments.principal = $2)
  ) AS attachment ON true
  WHERE report.incident_id = $1 AND report.seq = 1 AND (
    $2::text IS NULL OR
    (SELECT '${principalOf(0).slice(0, -1)}' || coalesce(first_key_id, id) FROM access_keys WHERE id = report.access_key_id) = $2
  )
  ORDER BY attachment.number`);

/** The object of an attachment; null for one whose chunks are in the database. */
export const FIND_OBJECT = prepared(`
  SELECT object, chunk_digests FROM attachments WHERE id = $1`);

/** Records that an object is about to be stored. */
export const ADD_UPLOAD = prepared(`INSERT INTO object_uploads (object) VALUES ($1)`);

/** Ends uploads in the transaction that refers to their objects. Returns those that have not expired. */
export const END_UPLOADS = prepared(`
  DELETE FROM object_uploads WHERE object = ANY($1::uuid[]) AND NOT is_expired RETURNING object`);

/** Has uploads expire to whose objects no transaction will refer. */
export const EXPIRE_UPLOADS = prepared(`
  UPDATE object_uploads SET expires_at = now() WHERE object = ANY($1::uuid[])`);

/**
 * Leases an upload that has expired, for an hour. Concurrent processes lease different ones. An object to which an attachment refers
 * is none of them, whatever the uploads say.
 */
export const LEASE_EXPIRED_UPLOAD = prepared(`
  UPDATE object_uploads SET is_expired = true, expires_at = now() + interval '1 hour'
  WHERE object = (
    SELECT object FROM object_uploads AS upload
    WHERE expires_at <= now() AND NOT EXISTS (SELECT FROM attachments WHERE attachments.object = upload.object)
    ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED
  )
  RETURNING object`);

/** Deletes the record of an upload. */
export const DELETE_UPLOAD = prepared(`DELETE FROM object_uploads WHERE object = $1`);

/** A chunk of an attachment, by its index. */
export const READ_CHUNK = prepared(`
  SELECT bytes, sha256 FROM attachment_chunks WHERE attachment_id = $1 AND index = $2`);
