import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Files that are attached to incidents.
 *
 * - The bytes of a file are stored in chunks of 256 KiB, so that neither the service nor the server ever holds a whole file in memory.
 *   Each chunk has its own digest: a part of a file can be read and verified without the rest.
 * - STORAGE EXTERNAL stores chunks out of line and uncompressed: images, audio and video do not get smaller.
 * - The chunks of a file are inserted before its row, in the same transaction: the incident is locked only for the end of it. Hence
 *   the deferred foreign key. Once the row is there, the file is complete, and a trigger rejects further chunks.
 * - With S3, the bytes of a file are an object, and its row has the digests of the chunks. An upload is recorded before the object is
 *   stored, and the transaction that refers to the object deletes the record. The objects of what remains for a day are deleted.
 * - A file is never changed. `seq` is its event in the history, which says who attached it and by which channel.
 * - `principal` is the owner of the access key, whose attachments of a day are limited.
 */
export class CreateAttachments1766000014000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE attachments (
        id bigint GENERATED ALWAYS AS IDENTITY,
        incident_id bigint NOT NULL,
        number integer NOT NULL,
        seq integer NOT NULL,
        name text NOT NULL,
        content_type text NOT NULL,
        size integer NOT NULL,
        sha256 bytea NOT NULL,
        at timestamptz(3) NOT NULL,
        principal text NOT NULL,
        object uuid,
        chunk_digests bytea,
        CONSTRAINT attachments_pkey PRIMARY KEY (id),
        CONSTRAINT attachments_number UNIQUE (incident_id, number),
        CONSTRAINT attachments_incident_fkey FOREIGN KEY (incident_id) REFERENCES incidents (id),
        CONSTRAINT attachments_number_positive CHECK (number > 0 AND seq > 1),
        CONSTRAINT attachments_name_length CHECK (octet_length(name) BETWEEN 1 AND 255),
        CONSTRAINT attachments_content_type CHECK (content_type ~ '^[a-z]+/[a-z0-9.+-]+$' AND octet_length(content_type) <= 127),
        CONSTRAINT attachments_size CHECK (size BETWEEN 0 AND 67108864),
        CONSTRAINT attachments_sha256_length CHECK (octet_length(sha256) = 32),
        CONSTRAINT attachments_chunk_digests CHECK (
          (object IS NULL) = (chunk_digests IS NULL)
          AND (object IS NULL OR octet_length(chunk_digests) = 32 * ((size + 262143) / 262144))
        )
      );

      CREATE UNIQUE INDEX attachments_object ON attachments (object) WHERE object IS NOT NULL;

      -- Objects that are stored, or about to be, and to which no attachment refers yet; or that are about to be deleted.
      CREATE TABLE object_uploads (
        object uuid NOT NULL,
        expires_at timestamptz(3) NOT NULL DEFAULT now() + interval '1 day',
        is_expired boolean NOT NULL DEFAULT false,
        CONSTRAINT object_uploads_pkey PRIMARY KEY (object)
      );
      CREATE INDEX object_uploads_expires_at ON object_uploads (expires_at);

      -- What an access key has attached on a day.
      CREATE INDEX attachments_principal_at ON attachments (principal, at) INCLUDE (size);

      CREATE TABLE attachment_chunks (
        attachment_id bigint NOT NULL,
        index integer NOT NULL,
        bytes bytea NOT NULL,
        sha256 bytea NOT NULL,
        CONSTRAINT attachment_chunks_pkey PRIMARY KEY (attachment_id, index),
        CONSTRAINT attachment_chunks_attachment_fkey FOREIGN KEY (attachment_id) REFERENCES attachments (id)
          ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
        CONSTRAINT attachment_chunks_index CHECK (index BETWEEN 0 AND 255),
        CONSTRAINT attachment_chunks_length CHECK (octet_length(bytes) BETWEEN 1 AND 262144),
        CONSTRAINT attachment_chunks_sha256_length CHECK (octet_length(sha256) = 32)
      );
      ALTER TABLE attachment_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;

      -- Every chunk but the last one is full, and none is missing: the length of a value is known without reading it.
      CREATE FUNCTION check_attachment_chunks() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- The bytes of an object are elsewhere.
        IF NEW.object IS NULL AND (
          SELECT count(*) <> (NEW.size + 262143) / 262144
            OR count(*) FILTER (WHERE octet_length(bytes) <> least(262144, NEW.size - index * 262144)) > 0
          FROM attachment_chunks WHERE attachment_id = NEW.id
        ) THEN
          RAISE EXCEPTION 'the chunks of attachment % do not add up to its size', NEW.id USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
      END $$;

      CREATE TRIGGER attachments_complete
        AFTER INSERT OR UPDATE OF size ON attachments
        FOR EACH ROW EXECUTE FUNCTION check_attachment_chunks();

      CREATE FUNCTION reject_late_chunks() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM added JOIN attachments ON attachments.id = added.attachment_id) THEN
          RAISE EXCEPTION 'the attachment is complete already' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NULL;
      END $$;

      CREATE TRIGGER attachment_chunks_before_attachment
        AFTER INSERT ON attachment_chunks REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION reject_late_chunks();
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP TABLE object_uploads;
      DROP TABLE attachment_chunks;
      DROP FUNCTION reject_late_chunks;
      DROP TABLE attachments;
      DROP FUNCTION check_attachment_chunks;
    `);
  }
}
