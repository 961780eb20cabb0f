import { Injectable } from '@nestjs/common';
import { Quarantine, type QuarantinePage, type QuarantineQuery } from '../../application/ports/quarantine.js';
import type {
  Quarantined,
  QuarantinedId,
  QuarantinedPiece,
  QuarantineState,
} from '../../domain/intake/quarantined.js';
import { LIMITS } from './connection.js';
import { Database, type Statement } from './database.js';
import type { QuarantineRow } from './quarantine.row.js';

/** So many bytes of a piece are shown in a list. */
const BEGINNING = 1_000;

const COLUMNS = `id, channel, reference, reason, at, state, settled_by, settled_at, length(payload) AS size,
  substring(payload FOR ${BEGINNING}) AS beginning`;

type FoundRow = Omit<QuarantineRow, 'payload'> & { readonly size: number; readonly beginning: Buffer };

const KEEP: Statement = {
  name: 'quarantine-piece',
  text: `
    INSERT INTO intake_quarantine (channel, reference, reason, payload, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (channel, reference) DO NOTHING`,
};

const PAGE: Statement = {
  name: 'list-quarantine',
  text: `
    SELECT ${COLUMNS} FROM intake_quarantine
    WHERE id > $1 AND state = coalesce($2::quarantine_state, state)
      AND channel = coalesce($3::incident_channel, channel) ORDER BY id LIMIT $4`,
};

const FIND: Statement = {
  name: 'find-quarantined',
  text: `SELECT ${COLUMNS} FROM intake_quarantine WHERE id = $1`,
};

const PAYLOAD: Statement = {
  name: 'quarantined-payload',
  text: 'SELECT payload FROM intake_quarantine WHERE id = $1',
};

const SETTLE: Statement = {
  name: 'settle-quarantined',
  text: `
    UPDATE intake_quarantine SET state = $2, settled_by = $3, settled_at = $4 WHERE id = $1 AND state = 'waiting'
    RETURNING ${COLUMNS}`,
};

@Injectable()
export class PostgresQuarantine extends Quarantine {
  constructor(private readonly database: Database) {
    super();
  }

  async keep({ channel, reference, reason, payload, at }: QuarantinedPiece): Promise<void> {
    // PostgreSQL cannot hold these in a text; they may come with what is wrong about a message.
    const told = reason.replaceAll('\0', '\u{FFFD}').toWellFormed();
    await this.change(KEEP, [channel, reference, told, payload, at]);
  }

  async page({ state, channel, after, limit }: QuarantineQuery): Promise<QuarantinePage> {
    const rows = await this.database.query<FoundRow>(PAGE, [after, state, channel, limit + 1]);
    return { pieces: rows.slice(0, limit).map(toQuarantined), more: rows.length > limit };
  }

  async find(id: QuarantinedId): Promise<Quarantined | undefined> {
    const [row] = await this.database.query<FoundRow>(FIND, [id]);
    return row && toQuarantined(row);
  }

  async payload(id: QuarantinedId): Promise<Buffer | undefined> {
    const [row] = await this.database.query<Pick<QuarantineRow, 'payload'>>(PAYLOAD, [id]);
    return row?.payload;
  }

  async settle(
    id: QuarantinedId,
    state: Exclude<QuarantineState, 'waiting'>,
    { by, at }: { readonly by: string; readonly at: Date },
  ): Promise<Quarantined | undefined> {
    const [row] = await this.change(SETTLE, [id, state, by, at]);
    return row && toQuarantined(row);
  }

  private change(statement: Statement, values: readonly unknown[]): Promise<FoundRow[]> {
    return this.database.change<FoundRow>(statement, values, performance.now() + LIMITS.total);
  }
}

function toQuarantined({ settled_by: by, settled_at: settledAt, ...row }: FoundRow): Quarantined {
  return { ...row, settled: by !== null && settledAt ? { by, at: settledAt } : undefined };
}
