import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Incidents and their histories.
 *
 * The schema enforces the rules that must hold for every writer: the allowed values, valid texts, legal transitions, and an
 * append-only history.
 *
 * - The rules of a table are one function, which each connection compiles once. As conditions of constraints, each statement read them
 *   again: 30 kB of their stored form, which took as long as two of the sixteen reports of a batch.
 * - `channels` has the names of the channels by which reports arrive. A channel is not an enum value, so a new channel needs no
 *   migration: the service inserts missing names when it starts. Incidents and events have no foreign key to it, because that
 *   made their statements take 25 to 50 % more time on the server.
 * - `dedup_key`: reports with the same key and channel are one incident until it is closed. The unique index guarantees that
 *   for concurrent processes. Incidents without a key are in neither of its indexes.
 * - `created_xid` is the transaction that committed a report. Reports are listed by `created_at`, which is earlier than their
 *   commit, so a report can appear behind a reader who follows `next`. The transaction id tells the next page which reports
 *   the previous page could not see (docs/adr/0021).
 * - `reported_at` is when an imported report was made, as its file says; it is null for all others. `created_at` is when it was stored:
 *   lists and pages rely on that order.
 * - `incidents_attention` ranks incidents by how soon somebody should look at them, for the list in that order.
 * - `duplicate_of` is the incident that a closed one repeats. Like `previous_id` it has no foreign key, which would cost every report.
 * - `attachment` is what the history says of a file: its number in the incident, its name, its type and its size. It stays true whatever
 *   becomes of the file.
 * - `access_key` and `access_key_id` record the verified key, since some keys may set the actor. Successive keys may have the
 *   same name, so the id is recorded too.
 */
export class CreateIncidents1766000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TYPE incident_status AS ENUM ('NEW', 'IN_PROGRESS', 'RESOLVED', 'CLOSED');
      CREATE TYPE incident_source AS ENUM ('operator', 'monitoring', 'partner');
      CREATE TYPE incident_event_type AS ENUM (
        'reported', 'status_changed', 'description_appended', 'duplicate_reported', 'reopened',
        'assigned', 'unassigned', 'urgency_changed', 'marked_as_duplicate', 'duplicate_linked', 'reminded', 'escalated',
        'attached'
      );
      CREATE TYPE reminder_purpose AS ENUM ('take', 'progress');

      CREATE TABLE channels (
        name text NOT NULL,
        CONSTRAINT channels_pkey PRIMARY KEY (name)
      );
      INSERT INTO channels (name) VALUES ('rest'), ('telegram'), ('kafka'), ('alertmanager');

      CREATE FUNCTION is_valid_incident(
        id bigint, description text, status incident_status, version integer, dedup_key text, occurrences integer, assignee text, taken_at timestamptz,
        resolved_at timestamptz, closed_at timestamptz, origin text, duplicate_of bigint
      ) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
      BEGIN
        RETURN char_length(description) BETWEEN 1 AND 100000
          AND version > 0
          AND occurrences > 0
          AND coalesce(char_length(dedup_key) BETWEEN 1 AND 255, true)
          AND coalesce(char_length(assignee) BETWEEN 1 AND 255, true)
          AND coalesce(char_length(origin) BETWEEN 1 AND 255, true)
          AND (status <> 'NEW' OR (assignee IS NULL AND taken_at IS NULL))
          AND (resolved_at IS NULL OR status IN ('RESOLVED', 'CLOSED'))
          AND (closed_at IS NULL OR status = 'CLOSED')
          AND (duplicate_of IS NULL OR (status = 'CLOSED' AND duplicate_of <> id));
      END $$;

      CREATE TABLE incidents (
        id bigint GENERATED ALWAYS AS IDENTITY,
        description text NOT NULL,
        status incident_status NOT NULL,
        source incident_source NOT NULL,
        version integer NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        dedup_key text,
        occurrences integer NOT NULL DEFAULT 1,
        last_seen_at timestamptz(3),
        previous_id bigint,
        channel text NOT NULL DEFAULT 'rest',
        created_xid bigint DEFAULT pg_current_xact_id()::text::bigint,
        urgent boolean NOT NULL DEFAULT false,
        assignee text,
        taken_at timestamptz(3),
        resolved_at timestamptz(3),
        closed_at timestamptz(3),
        origin text,
        duplicate_of bigint,
        reported_at timestamptz(3),
        CONSTRAINT incidents_pkey PRIMARY KEY (id),
        CONSTRAINT incidents_valid CHECK (is_valid_incident(
          id, description, status, version, dedup_key, occurrences, assignee, taken_at, resolved_at, closed_at, origin, duplicate_of
        ))
        -- Free space for a new version of a row on the same page: an appended text then needs no new index entries.
      ) WITH (fillfactor = 80);

      -- The list is read newest first or oldest first, without a filter, or merged from pairs of status and source. The index
      -- of the whole list has a condition that every row meets, so it serves only queries that have the same condition.
      -- Without it, PostgreSQL used the index for lists with a filter, and skipped hundreds of thousands of rows to find twenty.
      CREATE INDEX incidents_created_at ON incidents (created_at, id) WHERE id > 0;
      CREATE INDEX incidents_status_source_created_at ON incidents (status, source, created_at, id);

      -- Whatever is open, by how soon somebody should look at it; and few others by what they are filtered by.
      CREATE INDEX incidents_attention ON incidents ((
        CASE status WHEN 'RESOLVED' THEN 4 WHEN 'CLOSED' THEN 5
        ELSE CASE WHEN urgent THEN 0 ELSE 2 END + CASE WHEN assignee IS NULL THEN 0 ELSE 1 END END
      ), status, created_at, id);
      CREATE INDEX incidents_urgent ON incidents (created_at, id) WHERE urgent;
      CREATE INDEX incidents_assignee ON incidents (assignee, status, created_at, id) WHERE assignee IS NOT NULL;
      CREATE INDEX incidents_ended_unassigned ON incidents (status, created_at, id)
        WHERE assignee IS NULL AND status IN ('RESOLVED', 'CLOSED');
      CREATE INDEX incidents_origin ON incidents (origin, created_at, id) WHERE origin IS NOT NULL;
      -- By chat, for origins of messages such as tg:-100123:42.
      CREATE INDEX incidents_chat ON incidents (
        (CASE WHEN origin ~ '^[a-z][a-z0-9-]*:[A-Za-z0-9_.-]+:' THEN split_part(origin, ':', 1) || ':' || split_part(origin, ':', 2) END),
        status, created_at, id
      ) WHERE (CASE WHEN origin ~ '^[a-z][a-z0-9-]*:[A-Za-z0-9_.-]+:' THEN split_part(origin, ':', 1) || ':' || split_part(origin, ':', 2) END) IS NOT NULL;
      -- Most reports arrive by REST: they need no entry.
      CREATE INDEX incidents_channel ON incidents (channel, status, created_at, id) WHERE channel <> 'rest';
      CREATE INDEX incidents_duplicate_of ON incidents (duplicate_of, created_at, id) WHERE duplicate_of IS NOT NULL;

      CREATE UNIQUE INDEX incidents_open_dedup_key ON incidents (dedup_key, channel)
        WHERE dedup_key IS NOT NULL AND status <> 'CLOSED';
      CREATE INDEX incidents_dedup_key ON incidents (dedup_key, created_at, id) WHERE dedup_key IS NOT NULL;

      -- The report is the first event, and the only one of its kind. Status changes are legal transitions. Each type of event has its fields,
      -- and no others.
      CREATE FUNCTION is_valid_event(
        seq integer, type incident_event_type, from_status incident_status, to_status incident_status, text text, assignee text, urgent boolean,
        duplicate_of bigint, duplicate_id bigint, purpose reminder_purpose, reminder_number integer, attachment jsonb
      ) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
      BEGIN
        RETURN coalesce(
          CASE type WHEN 'reported' THEN seq = 1 ELSE seq > 1 END
          AND CASE type
            WHEN 'status_changed' THEN (from_status, to_status) IN (
              ('NEW', 'IN_PROGRESS'), ('IN_PROGRESS', 'RESOLVED'), ('RESOLVED', 'IN_PROGRESS'), ('RESOLVED', 'CLOSED')
            )
            WHEN 'reopened' THEN (from_status, to_status) = ('RESOLVED', 'IN_PROGRESS')
            ELSE from_status IS NULL AND to_status IS NULL
          END
          AND CASE WHEN type IN ('reported', 'description_appended', 'duplicate_reported', 'reopened')
            THEN char_length(text) BETWEEN 1 AND 10000
            ELSE text IS NULL
          END
          AND CASE type
            WHEN 'assigned' THEN assignee IS NOT NULL
            WHEN 'status_changed' THEN assignee IS NULL OR to_status = 'IN_PROGRESS'
            ELSE assignee IS NULL
          END
          AND CASE type
            WHEN 'urgency_changed' THEN urgent IS NOT NULL
            WHEN 'reported' THEN urgent IS NOT FALSE
            ELSE urgent IS NULL
          END
          AND (duplicate_of IS NOT NULL) = (type = 'marked_as_duplicate')
          AND (duplicate_id IS NOT NULL) = (type = 'duplicate_linked')
          AND CASE type
            WHEN 'reminded' THEN purpose IS NOT NULL AND reminder_number > 0
            WHEN 'escalated' THEN purpose = 'take' AND reminder_number > 0
            ELSE purpose IS NULL AND reminder_number IS NULL
          END
          AND (attachment IS NOT NULL) = (type = 'attached'),
          false
        );
      END $$;

      CREATE TABLE incident_events (
        incident_id bigint NOT NULL,
        seq integer NOT NULL,
        type incident_event_type NOT NULL,
        at timestamptz(3) NOT NULL,
        actor text NOT NULL,
        from_status incident_status,
        to_status incident_status,
        text text,
        channel text NOT NULL DEFAULT 'rest',
        access_key text,
        access_key_id bigint,
        assignee text,
        urgent boolean,
        duplicate_of bigint,
        duplicate_id bigint,
        purpose reminder_purpose,
        reminder_number integer,
        attachment jsonb,
        reported_at timestamptz(3),
        CONSTRAINT incident_events_pkey PRIMARY KEY (incident_id, seq),
        CONSTRAINT incident_events_incident_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id),
        CONSTRAINT incident_events_valid CHECK (is_valid_event(
          seq, type, from_status, to_status, text, assignee, urgent, duplicate_of, duplicate_id, purpose, reminder_number, attachment
        ))
      );

      CREATE FUNCTION reject_history_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION 'the history of incidents is append-only: % is rejected', TG_OP
          USING ERRCODE = 'restrict_violation';
      END $$;

      CREATE TRIGGER incident_events_append_only
        BEFORE UPDATE OR DELETE OR TRUNCATE ON incident_events
        FOR EACH STATEMENT EXECUTE FUNCTION reject_history_change();
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE incident_events;
      DROP FUNCTION is_valid_event;
      DROP FUNCTION reject_history_change;
      DROP TABLE incidents;
      DROP FUNCTION is_valid_incident;
      DROP TABLE channels;
      DROP TYPE reminder_purpose;
      DROP TYPE incident_event_type;
      DROP TYPE incident_source;
      DROP TYPE incident_status;
    `);
  }
}
