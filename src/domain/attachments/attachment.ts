import type { IncidentId } from '../incident/incident-state.js';

/** The size of the largest file. */
export const MAX_FILE_BYTES = 20 * 1024 * 1024;

/** The number of files that one request may send. */
export const MAX_FILES_PER_REQUEST = 10;

export const MAX_ATTACHMENTS_PER_INCIDENT = 100;

/** What the history of an incident says of a file that was attached to it. */
export interface AttachedFile {
  /** 1 for the first file of the incident, then one more for each. */
  readonly number: number;
  /** By the rule of `fileNameOf`: for people, and never a path. */
  readonly name: string;
  /** As detected from the bytes; `application/octet-stream` for a type that is not known. */
  readonly contentType: string;
  /** In bytes, as it is stored. */
  readonly size: number;
}

/** A file of an incident, without its bytes. */
export interface Attachment extends AttachedFile {
  readonly id: number;
  readonly incidentId: IncidentId;
  /** Of its event in the history. */
  readonly seq: number;
  /** Of the stored bytes. */
  readonly sha256: Buffer;
  readonly at: Date;
  readonly actor: string;
  readonly channel: string;
}
