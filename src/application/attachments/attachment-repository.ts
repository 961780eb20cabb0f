import type { Attachment } from '../../domain/attachments/attachment.js';
import type { IdempotencyKey, RequestKey } from '../../domain/incident/idempotency.js';
import type { WriteResult } from '../../domain/incident/incident-repository.js';
import type { Change, IncidentId, Report } from '../../domain/incident/incident-state.js';
import type { Incident } from '../../domain/incident/incident.js';
import { StoreUnavailable } from '../operations/store-unavailable.js';
import type { FileContent } from './temporary-files.js';

/** The object store, which has the bytes of files, does not answer or refuses the service. A retry may succeed. */
export class ObjectStoreUnavailable extends StoreUnavailable {
  override readonly message = 'The object store is unavailable.';
}

/** A file that is to be attached. */
export interface NewAttachment {
  readonly name: string;
  readonly contentType: string;
  readonly content: FileContent;
}

/** Files, and who attaches them. */
export interface NewAttachments {
  readonly files: readonly NewAttachment[];
  readonly change: Change;
  /** The principal whose attachments of the day this counts for. */
  readonly principal: string;
  readonly idempotency?: IdempotencyKey;
}

/** A part of a file: the first byte, and the byte after the last one. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The files of incidents. Each write is one transaction, and takes effect once for each idempotency key, as those of
 * IncidentRepository do. A replay stores nothing.
 */
export abstract class AttachmentRepository {
  /**
   * The result of an earlier request with this key; undefined if there was none.
   * @throws IdempotencyKeyReused, or the error that the earlier request got.
   */
  abstract replay(request: IdempotencyKey): Promise<WriteResult | undefined>;

  /**
   * Stores a report with its files. With a deduplication key whose incident is open, the files are attached there.
   * @param countDuplicate changes an open incident with the same deduplication key.
   * @throws DailyLimitReached, TooManyAttachments, StoreUnavailable
   */
  abstract report(
    report: Report,
    countDuplicate: (incident: Incident) => void,
    attachments: NewAttachments,
  ): Promise<WriteResult>;

  /**
   * Attaches files to an incident; undefined where there is none.
   * @param precondition throws if the incident is not as expected.
   * @throws DailyLimitReached, TooManyAttachments, StoreUnavailable
   */
  abstract attach(
    id: IncidentId,
    precondition: (incident: Incident) => void,
    attachments: NewAttachments,
  ): Promise<WriteResult | undefined>;

  /**
   * The attachments of an incident by their numbers; undefined where there is no such incident.
   * @param reporter a principal for whom only incidents exist that it has reported, and files that it has attached; undefined for all.
   * @param number of a single attachment.
   */
  abstract list(
    id: IncidentId,
    reporter: string | undefined,
    number?: number,
  ): Promise<readonly Attachment[] | undefined>;

  /**
   * The bytes of an attachment, each verified before it is returned; by default, all of them.
   * @throws if the stored bytes are not those that were attached.
   */
  abstract read(attachment: Attachment, range?: ByteRange): AsyncIterable<Buffer>;

  /**
   * Whether a request may go on before its files are known: a replay may in any case, since it stores nothing.
   * @throws DailyLimitReached if the principal may attach nothing more today.
   */
  abstract requireDailyAllowance(
    principal: string,
    now: Date,
    request: RequestKey | undefined,
  ): Promise<void>;
}
