import type { IncidentChannel } from '../../domain/incident/incident-channel.js';
import type {
  RawMessage,
  QuarantinedMessage,
  QuarantinedMessageId,
  QuarantineDraft,
  QuarantineState,
} from '../../domain/quarantine/quarantined-message.js';
import { StoreUnavailable } from '../operations/store-unavailable.js';

export interface QuarantineQuery {
  readonly state: QuarantineState | undefined;
  readonly channel: IncidentChannel | undefined;
  /** The cursor: only messages with a larger id. */
  readonly after: QuarantinedMessageId;
  readonly limit: number;
}

export interface QuarantinePage {
  /** In the order in which they were quarantined. */
  readonly messages: readonly QuarantinedMessage[];
  readonly more: boolean;
}

/** The quota of a channel is used up until an operator retries or dismisses some of its pending messages. */
export class QuarantineFull extends StoreUnavailable {
  constructor(channel: IncidentChannel) {
    super({ cause: new Error(`the quarantine of ${channel} is full`) });
  }
}

/** Stores rejected messages of all channels verbatim for operator review. */
export abstract class Quarantine {
  /**
   * Stores a message; when this resolves, it is committed. A message with the channel, reference and payload of a stored one is
   * the same message.
   * @throws QuarantineFull if the quota of the channel is used up: the sender has to retry.
   */
  abstract add(message: QuarantineDraft): Promise<void>;

  /**
   * Stores the complete message of a report that the service has shortened. Its state is `accepted`: it needs no review.
   * @returns undefined if the archived messages of the channel have used up a quota of the same size. A report that lacks its
   * archive is better than no report.
   */
  abstract archive(message: QuarantineDraft): Promise<QuarantinedMessageId | undefined>;

  abstract page(query: QuarantineQuery): Promise<QuarantinePage>;

  abstract find(id: QuarantinedMessageId): Promise<QuarantinedMessage | undefined>;

  /** The payload and headers of a message, verbatim. */
  abstract content(id: QuarantinedMessageId): Promise<RawMessage | undefined>;

  /** Resolves a pending message. @returns the resolved message; undefined if there is no such pending message. */
  abstract resolve(
    id: QuarantinedMessageId,
    state: Exclude<QuarantineState, 'pending'>,
    resolution: { readonly by: string; readonly at: Date },
  ): Promise<QuarantinedMessage | undefined>;
}
