import { Injectable } from '@nestjs/common';
import { AttentionPolicies, type PolicyChange } from '../../../application/attention/attention-policies.js';
import type { AttentionPolicy, PolicyScope } from '../../../domain/attention/attention-policy.js';
import {
  formatDailyPeriod,
  formatDailyTime,
  parseDailyPeriod,
  parseDailyTime,
} from '../../../shared/time/daily-time.js';
import { columnNames } from '../connection/array-parameters.js';
import { Database } from '../connection/database.js';
import { prepared } from '../connection/statement.js';

type Property = keyof AttentionPolicy;

/** The columns of policies with the properties that they store. Null is off. */
export const POLICY_COLUMNS = [
  { property: 'takeWithinMs', name: 'take_within_ms' },
  { property: 'escalateAfter', name: 'escalate_after' },
  { property: 'remindInProgressAfterMs', name: 'remind_in_progress_after_ms' },
  { property: 'quietHours', name: 'quiet_hours' },
  { property: 'onDuty', name: 'on_duty' },
  { property: 'escalateTo', name: 'escalate_to' },
  { property: 'digestAt', name: 'digest_at' },
] as const satisfies readonly { readonly property: Property; readonly name: string }[];

const ALL_PROPERTIES: readonly Property[] = POLICY_COLUMNS.map(({ property }) => property);

/** All policies, or that of one scope. */
export const FIND_POLICIES = prepared(
  `SELECT scope, ${columnNames(POLICY_COLUMNS)} FROM attention_policies WHERE $1::text IS NULL OR scope = $1 ORDER BY scope`,
);

/** Creates a policy with all values, or changes the columns whose names are in $2: whoever changes others at the same time loses nothing. */
export const CHANGE_POLICY = prepared(`
  INSERT INTO attention_policies AS policy (scope, ${columnNames(POLICY_COLUMNS)})
  VALUES ($1, ${POLICY_COLUMNS.map((_, i) => `$${i + 3}`).join(', ')})
  ON CONFLICT (scope) DO UPDATE SET ${POLICY_COLUMNS.map(
    ({ name }) =>
      `${name} = CASE WHEN '${name}' = ANY($2::text[]) THEN excluded.${name} ELSE policy.${name} END`,
  ).join(', ')}
  RETURNING scope, ${columnNames(POLICY_COLUMNS)}, xmax = 0 AS is_new`);

export const DELETE_POLICY = prepared('DELETE FROM attention_policies WHERE scope = $1 RETURNING scope');

interface PolicyRow {
  readonly scope: string;
  readonly take_within_ms: number | null;
  readonly escalate_after: number | null;
  readonly remind_in_progress_after_ms: number | null;
  readonly quiet_hours: string | null;
  readonly on_duty: string | null;
  readonly escalate_to: string | null;
  readonly digest_at: string | null;
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
    return (await this.merge(scope, policy, ALL_PROPERTIES)).isNew;
  }

  change(
    scope: PolicyScope,
    changes: Partial<AttentionPolicy>,
    initial: AttentionPolicy,
  ): Promise<PolicyChange> {
    const changed = ALL_PROPERTIES.filter((property) => property in changes);
    return this.merge(scope, { ...initial, ...changes }, changed);
  }

  async delete(scope: PolicyScope): Promise<boolean> {
    return (await this.database.change(DELETE_POLICY, [scope])).length > 0;
  }

  private async merge(
    scope: PolicyScope,
    policy: AttentionPolicy,
    changed: readonly Property[],
  ): Promise<PolicyChange> {
    const row = toRow(scope, policy);
    const columns = POLICY_COLUMNS.filter(({ property }) => changed.includes(property));
    const values = [scope, columns.map(({ name }) => name), ...POLICY_COLUMNS.map(({ name }) => row[name])];
    const [stored] = await this.database.change<PolicyRow & { is_new: boolean }>(CHANGE_POLICY, values);
    return { policy: toPolicy(stored!), isNew: stored!.is_new };
  }

  private async select(scope: PolicyScope | null): Promise<ReadonlyMap<PolicyScope, AttentionPolicy>> {
    const rows = await this.database.query<PolicyRow>(FIND_POLICIES, [scope]);
    return new Map(rows.map((row) => [row.scope, toPolicy(row)]));
  }
}

function toRow(scope: PolicyScope, policy: AttentionPolicy): PolicyRow {
  return {
    scope,
    take_within_ms: policy.takeWithinMs ?? null,
    escalate_after: policy.escalateAfter ?? null,
    remind_in_progress_after_ms: policy.remindInProgressAfterMs ?? null,
    quiet_hours: policy.quietHours ? formatDailyPeriod(policy.quietHours) : null,
    on_duty: policy.onDuty ?? null,
    escalate_to: policy.escalateTo ?? null,
    digest_at: policy.digestAt ? formatDailyTime(policy.digestAt) : null,
  };
}

function toPolicy(row: PolicyRow): AttentionPolicy {
  return {
    takeWithinMs: row.take_within_ms ?? undefined,
    escalateAfter: row.escalate_after ?? undefined,
    remindInProgressAfterMs: row.remind_in_progress_after_ms ?? undefined,
    quietHours: row.quiet_hours === null ? undefined : parseDailyPeriod(row.quiet_hours),
    onDuty: row.on_duty ?? undefined,
    escalateTo: row.escalate_to ?? undefined,
    digestAt: row.digest_at === null ? undefined : parseDailyTime(row.digest_at),
  };
}
