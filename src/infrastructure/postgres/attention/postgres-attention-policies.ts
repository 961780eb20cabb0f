import { Injectable } from '@nestjs/common';
import { AttentionPolicies } from '../../../application/attention/attention-policies.js';
import type { AttentionPolicy, PolicyScope } from '../../../domain/attention/attention-policy.js';
import { formatQuietHours, parseQuietHours } from '../../../domain/attention/quiet-hours.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

const COLUMNS = 'scope, take_within_ms, escalate_after, remind_in_progress_after_ms, quiet_hours';

/** All policies, or that of one scope. */
export const FIND_POLICIES = prepared(
  `SELECT ${COLUMNS} FROM attention_policies WHERE $1::text IS NULL OR scope = $1 ORDER BY scope`,
);

export const STORE_POLICY = prepared(`
  INSERT INTO attention_policies (${COLUMNS}) VALUES ($1, $2, $3, $4, $5)
  ON CONFLICT (scope) DO UPDATE SET take_within_ms = excluded.take_within_ms, escalate_after = excluded.escalate_after,
    remind_in_progress_after_ms = excluded.remind_in_progress_after_ms, quiet_hours = excluded.quiet_hours
  RETURNING xmax = 0 AS is_new`);

export const DELETE_POLICY = prepared('DELETE FROM attention_policies WHERE scope = $1 RETURNING scope');

interface PolicyRow {
  readonly scope: string;
  readonly take_within_ms: number | null;
  readonly escalate_after: number | null;
  readonly remind_in_progress_after_ms: number | null;
  readonly quiet_hours: string | null;
}

/** Policies in PostgreSQL. */
@Injectable()
export class PostgresAttentionPolicies extends AttentionPolicies {
  constructor(private readonly database: Database) {
    super();
  }

  all(): Promise<ReadonlyMap<PolicyScope, AttentionPolicy>> {
    return this.select(null);
  }

  async find(scope: PolicyScope): Promise<AttentionPolicy | undefined> {
    return (await this.select(scope)).get(scope);
  }

  async store(scope: PolicyScope, policy: AttentionPolicy): Promise<boolean> {
    const { takeWithinMs, escalateAfter, remindInProgressAfterMs, quietHours } = policy;
    const values = [
      scope,
      takeWithinMs ?? null,
      escalateAfter ?? null,
      remindInProgressAfterMs ?? null,
      quietHours ? formatQuietHours(quietHours) : null,
    ];
    return (await this.database.change<{ is_new: boolean }>(STORE_POLICY, values))[0]!.is_new;
  }

  async delete(scope: PolicyScope): Promise<boolean> {
    return (await this.database.change(DELETE_POLICY, [scope])).length > 0;
  }

  private async select(scope: PolicyScope | null): Promise<ReadonlyMap<PolicyScope, AttentionPolicy>> {
    const rows = await this.database.query<PolicyRow>(FIND_POLICIES, [scope]);
    return new Map(rows.map((row) => [row.scope, toPolicy(row)]));
  }
}

function toPolicy(row: PolicyRow): AttentionPolicy {
  return {
    takeWithinMs: row.take_within_ms ?? undefined,
    escalateAfter: row.escalate_after ?? undefined,
    remindInProgressAfterMs: row.remind_in_progress_after_ms ?? undefined,
    quietHours: row.quiet_hours === null ? undefined : parseQuietHours(row.quiet_hours),
  };
}
