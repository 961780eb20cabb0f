import { Injectable } from '@nestjs/common';
import {
  Quarantine,
  QuarantineFull,
  type QuarantinePage,
  type QuarantineQuery,
} from '../../../application/quarantine/quarantine.js';
import { Config } from '../../../config/config.js';
import type { IncidentChannel } from '../../../domain/incident/incident-channel.js';
import type {
  RawMessage,
  QuarantinedMessage,
  QuarantinedMessageId,
  QuarantineDraft,
  QuarantineState,
} from '../../../domain/quarantine/quarantined-message.js';
import { shorten } from '../../../shared/shorten.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

/** The number of bytes of a message that a list shows. */
const PREVIEW_BYTES = 1_000;

const COLUMNS = `id, channel, reference, reason, at, state, resolved_by AS "resolvedBy", resolved_at AS "resolvedAt",
  length(payload) AS size, substring(payload FOR ${PREVIEW_BYTES}) AS preview`;

/** The maximum length of a stored reason, in characters: it may quote the message, and lists show it. */
const MAX_REASON_LENGTH = 1_000;

interface FoundRow extends Omit<QuarantinedMessage, 'resolution'> {
  readonly resolvedBy: string | null;
  readonly resolvedAt: Date | null;
}

interface ContentRow {
  readonly payload: Buffer;
  /** The names of the headers, and their values in base64. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The quota of a channel for these messages. Messages that are stored concurrently may exceed it together. */
const quotaOf = (condition: string) => `quota AS MATERIALIZED (
    SELECT count(*) < $7 AND coalesce(sum(length(payload)), 0) + length($4::bytea) <= $8 AS has_room
    FROM intake_quarantine WHERE channel = $1 AND ${condition}
  )`;

export const QUARANTINE_MESSAGE = prepared(`
  WITH ${quotaOf("state = 'pending'")}, stored AS (
    INSERT INTO intake_quarantine (channel, reference, reason, payload, headers, at)
    SELECT $1, $2, $3, $4, $5, $6 FROM quota WHERE has_room
    ON CONFLICT (channel, reference, sha256(payload)) DO NOTHING
  )
  SELECT has_room OR EXISTS (
    SELECT FROM intake_quarantine WHERE channel = $1 AND reference = $2 AND sha256(payload) = sha256($4)
  ) AS is_stored FROM quota`);

/** The update changes nothing: without it, the statement would not return the id of a message that is already stored. */
export const ARCHIVE_MESSAGE = prepared(`
  WITH ${quotaOf("state = 'accepted' AND resolved_by = $1")}
  INSERT INTO intake_quarantine AS stored (channel, reference, reason, payload, headers, at, state, resolved_by, resolved_at)
  SELECT $1, $2, $3, $4, $5, $6, 'accepted', $1, $6 FROM quota WHERE has_room
  ON CONFLICT (channel, reference, sha256(payload)) DO UPDATE SET state = stored.state
  RETURNING id`);

/** The time for which a full quota is cached, in milliseconds: counting the stored messages takes milliseconds. */
const FULL_CACHE_MS = 1_000;

export const PAGE = prepared(`
  SELECT ${COLUMNS} FROM intake_quarantine
  WHERE id > $1 AND state = coalesce($2::quarantine_state, state)
    AND channel = coalesce($3::text, channel) ORDER BY id LIMIT $4`);

export const FIND = prepared(`SELECT ${COLUMNS} FROM intake_quarantine WHERE id = $1`);

export const CONTENT = prepared('SELECT payload, headers FROM intake_quarantine WHERE id = $1');

export const RESOLVE = prepared(`
  UPDATE intake_quarantine SET state = $2, resolved_by = $3, resolved_at = $4 WHERE id = $1 AND state = 'pending'
  RETURNING ${COLUMNS}`);

@Injectable()
export class PostgresQuarantine extends Quarantine {
  /** When each channel was last found full, in milliseconds of `performance.now()`. */
  private readonly fullAt = new Map<IncidentChannel, number>();

  constructor(
    private readonly database: Database,
    private readonly config: Config,
  ) {
    super();
  }

  async add(message: QuarantineDraft): Promise<void> {
    const { channel } = message;
    if (performance.now() - (this.fullAt.get(channel) ?? -Infinity) < FULL_CACHE_MS)
      throw new QuarantineFull(channel);
    const values = [...valuesOf(message), ...this.quota];
    const [row] = await this.database.change<{ is_stored: boolean }>(QUARANTINE_MESSAGE, values);
    if (row!.is_stored) return;
    this.fullAt.set(channel, performance.now());
    throw new QuarantineFull(channel);
  }

  async archive(message: QuarantineDraft): Promise<QuarantinedMessageId | undefined> {
    const values = [...valuesOf(message), ...this.quota];
    const [row] = await this.database.change<{ id: QuarantinedMessageId }>(ARCHIVE_MESSAGE, values);
    return row?.id;
  }

  async page({ state, channel, after, limit }: QuarantineQuery): Promise<QuarantinePage> {
    const rows = await this.database.query<FoundRow>(PAGE, [after, state, channel, limit + 1]);
    return { messages: rows.slice(0, limit).map(toQuarantined), more: rows.length > limit };
  }

  async find(id: QuarantinedMessageId): Promise<QuarantinedMessage | undefined> {
    const [row] = await this.database.query<FoundRow>(FIND, [id]);
    return row && toQuarantined(row);
  }

  async content(id: QuarantinedMessageId): Promise<RawMessage | undefined> {
    const [row] = await this.database.query<ContentRow>(CONTENT, [id]);
    if (!row) return undefined;
    const headers = row.headers.map(([name, value]) => [name, Buffer.from(value, 'base64')] as const);
    return { payload: row.payload, headers };
  }

  async resolve(
    id: QuarantinedMessageId,
    state: Exclude<QuarantineState, 'pending'>,
    { by, at }: { readonly by: string; readonly at: Date },
  ): Promise<QuarantinedMessage | undefined> {
    const [row] = await this.database.change<FoundRow>(RESOLVE, [id, state, by, at]);
    return row && toQuarantined(row);
  }

  private get quota(): readonly number[] {
    return [this.config.QUARANTINE_MAX_ROWS, this.config.quarantineMaxBytes];
  }
}

function valuesOf({ channel, reference, reason, payload, headers, at }: QuarantineDraft): unknown[] {
  const shortened = shorten(reason, MAX_REASON_LENGTH);
  // PostgreSQL cannot store these in a text; a reason may quote them from an invalid message.
  const text = shortened.replaceAll('\0', '\u{FFFD}').toWellFormed();
  const encodedHeaders = JSON.stringify(headers.map(([name, value]) => [name, value.toString('base64')]));
  return [channel, reference, text, payload, encodedHeaders, at];
}

function toQuarantined({ resolvedBy: by, resolvedAt: at, ...row }: FoundRow): QuarantinedMessage {
  return { ...row, resolution: by !== null && at ? { by, at } : undefined };
}
