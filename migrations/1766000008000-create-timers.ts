import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Reminders of incidents that nobody takes, or that make no progress.
 *
 * - `timers` has a row for each incident that is to be evaluated at a time. Its version is the incident's version when it was last
 *   evaluated: what was found of an earlier version never replaces what was found of a later one. A process leases due rows by
 *   `taken_until`; if it is killed, another process leases them after that time. The index has both times in one expression, so
 *   that leased rows are not found again and again. What is due, and whether it takes effect, follows from the history.
 * - `attention_policies` has the rules for incidents of a source or a chat. If the times of reminders depend on a change of one, a trigger
 *   records its scope in `changed_policies`, until the timers of its open incidents have been set anew.
 * - `incident_events_stages` finds the last reminder of an incident, and since when nobody works on it. No report is in it.
 */
export class CreateTimers1766000008000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE timers (
        incident_id bigint NOT NULL,
        version integer NOT NULL,
        due_at timestamptz(3) NOT NULL,
        taken_until timestamptz(3) NOT NULL DEFAULT '-infinity',
        CONSTRAINT timers_pkey PRIMARY KEY (incident_id),
        CONSTRAINT timers_incident_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id)
        -- Each reminder updates its row twice: vacuum soon, so that the space of its versions is reused.
      ) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
      CREATE INDEX timers_due ON timers (greatest(due_at, taken_until));

      CREATE TABLE attention_policies (
        scope text NOT NULL,
        take_within_ms bigint,
        escalate_after integer,
        remind_in_progress_after_ms bigint,
        -- Such as 22:00-08:00 Europe/Moscow.
        quiet_hours text,
        on_duty text,
        -- A scope, such as tg:-100123.
        escalate_to text,
        -- Such as 09:00 Europe/Moscow.
        digest_at text,
        CONSTRAINT attention_policies_pkey PRIMARY KEY (scope),
        CONSTRAINT attention_policies_durations CHECK (take_within_ms >= 1000 AND remind_in_progress_after_ms >= 1000),
        CONSTRAINT attention_policies_escalate_after CHECK (escalate_after > 0)
      );

      CREATE TABLE changed_policies (
        scope text NOT NULL,
        number bigint GENERATED ALWAYS AS IDENTITY,
        CONSTRAINT changed_policies_pkey PRIMARY KEY (scope)
      );

      CREATE FUNCTION record_changed_policy() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'UPDATE' AND (OLD.take_within_ms, OLD.remind_in_progress_after_ms, OLD.quiet_hours)
          IS NOT DISTINCT FROM (NEW.take_within_ms, NEW.remind_in_progress_after_ms, NEW.quiet_hours) THEN
          RETURN NULL;
        END IF;
        INSERT INTO changed_policies (scope) VALUES (coalesce(NEW.scope, OLD.scope))
          ON CONFLICT (scope) DO UPDATE SET number = DEFAULT;
        RETURN NULL;
      END $$;

      CREATE TRIGGER attention_policies_changed AFTER INSERT OR UPDATE OR DELETE ON attention_policies
        FOR EACH ROW EXECUTE FUNCTION record_changed_policy();

      CREATE INDEX incident_events_stages ON incident_events (incident_id, seq)
        WHERE type IN ('unassigned', 'reminded', 'escalated');
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX incident_events_stages;
      DROP TABLE attention_policies;
      DROP FUNCTION record_changed_policy;
      DROP TABLE changed_policies;
      DROP TABLE timers;
    `);
  }
}
