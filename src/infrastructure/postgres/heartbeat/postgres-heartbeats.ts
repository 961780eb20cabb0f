import { Injectable } from '@nestjs/common';
import {
  type HeartbeatPage,
  Heartbeats,
  type Ping,
  type PingOutput,
  type StoredHeartbeat,
} from '../../../application/heartbeat/heartbeats.js';
import type { Heartbeat, HeartbeatSettings, PingKind } from '../../../domain/heartbeat/heartbeat.js';
import { digestOf, newSecret } from '../access/key-secrets.js';
import { Database } from '../connection/database.js';
import {
  DELETE_HEARTBEAT,
  FIND_HEARTBEAT,
  FIND_OUTPUTS,
  PAGE_OF_HEARTBEATS,
  PAGE_OF_PROBLEMS,
  PINGS,
  PINGS_WITH_OUTPUT,
  ROTATE_TOKEN,
  STORE_HEARTBEAT,
} from './heartbeat-statements.js';
import { type HeartbeatRow, toHeartbeat } from './heartbeat.mapper.js';

/** Connections of each process for pings: they wait for no report. A ping takes well below a millisecond of one. */
const PING_CONNECTIONS = 2;

/** Tokens of another form are of no heartbeat. */
const TOKEN = /^[\w-]{43}$/;

/** A row of `heartbeat_outputs`, or of a heartbeat without outputs. */
interface OutputRow {
  readonly at: Date;
  readonly kind: PingKind;
  readonly exit_code: number | null;
  readonly output: Buffer | null;
}

/** Heartbeats in PostgreSQL. */
@Injectable()
export class PostgresHeartbeats extends Heartbeats {
  private readonly pings: Database;

  constructor(private readonly database: Database) {
    super();
    this.pings = database.separate(PING_CONNECTIONS);
  }

  async page({ after = '', limit, withProblem }: HeartbeatPage): Promise<readonly Heartbeat[]> {
    const statement = withProblem ? PAGE_OF_PROBLEMS : PAGE_OF_HEARTBEATS;
    return (await this.database.query<HeartbeatRow>(statement, [after, limit])).map(toHeartbeat);
  }

  async find(name: string): Promise<Heartbeat | undefined> {
    const [row] = await this.database.query<HeartbeatRow>(FIND_HEARTBEAT, [name]);
    return row && toHeartbeat(row);
  }

  async store(name: string, settings: HeartbeatSettings): Promise<StoredHeartbeat> {
    const { schedule, timeZone, graceMs, source, urgent, description } = settings;
    const everyMs = 'everyMs' in schedule ? schedule.everyMs : null;
    const cron = 'cron' in schedule ? schedule.cron : null;
    const token = newSecret();
    const values = [name, digestOf(token), everyMs, cron, timeZone, graceMs, source, urgent, description];
    const [row] = await this.database.change<HeartbeatRow & { is_new: boolean }>(STORE_HEARTBEAT, values);
    return { heartbeat: toHeartbeat(row!), token: row!.is_new ? token : undefined };
  }

  async rotateToken(name: string): Promise<string | undefined> {
    const token = newSecret();
    const rotated = await this.database.change(ROTATE_TOKEN, [name, digestOf(token)]);
    return rotated.length > 0 ? token : undefined;
  }

  async delete(name: string): Promise<boolean> {
    return (await this.database.change(DELETE_HEARTBEAT, [name])).length > 0;
  }

  async ping(token: string, { kind, exitCode, output }: Ping): Promise<{ isDue: boolean } | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const values: unknown[] = [digestOf(token)];
    if (output || kind === 'failure') values.push(exitCode ?? null);
    if (output) values.push(output);
    const statement = (output ? PINGS_WITH_OUTPUT : PINGS)[kind];
    return (await this.pings.change<{ isDue: boolean }>(statement, values))[0];
  }

  async outputs(name: string): Promise<readonly PingOutput[] | undefined> {
    const rows = await this.database.query<OutputRow>(FIND_OUTPUTS, [name]);
    if (rows.length === 0) return undefined;
    return rows.flatMap(({ at, kind, exit_code, output }) =>
      output === null ? [] : [{ at, kind, exitCode: exit_code ?? undefined, output }],
    );
  }
}
