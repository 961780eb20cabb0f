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
  /** Only what has a number above this one. */
  readonly after: QuarantinedMessageId;
  readonly limit: number;
}

export interface QuarantinePage {
  /** In the order in which they came. */
  readonly pieces: readonly QuarantinedMessage[];
  readonly more: boolean;
}

/** The quota of a channel is used up until an operator has retried or dismissed some of what waits. */
export class QuarantineFull extends StoreUnavailable {
  constructor(channel: IncidentChannel) {
    super({ cause: new Error(`the quarantine of ${channel} is full`) });
  }
}

/** Where that is kept which came by a channel and could not be taken in, until somebody has looked at it. */
export abstract class Quarantine {
  /**
   * Keeps a piece: once this resolves, it is committed. What has channel, reference and bytes of a kept one is that one.
   * @throws QuarantineFull where its channel has used up its quota: the sender is to keep it, and send it again.
   */
  abstract keep(piece: QuarantineDraft): Promise<void>;

  /**
   * Keeps a piece of which a part is in the register: its state is `accepted`, so nobody has to look at it. Resolves with
   * undefined where such pieces of its channel have used up a quota of the same size: a report is worth more than its rest.
   */
  abstract archive(piece: QuarantineDraft): Promise<QuarantinedMessageId | undefined>;

  abstract page(query: QuarantineQuery): Promise<QuarantinePage>;

  abstract find(id: QuarantinedMessageId): Promise<QuarantinedMessage | undefined>;

  /** All of a piece, as it came. */
  abstract content(id: QuarantinedMessageId): Promise<RawMessage | undefined>;

  /** Ends the waiting of a piece, and gives it as it is since; undefined where it does not wait. */
  abstract settle(
    id: QuarantinedMessageId,
    state: Exclude<QuarantineState, 'pending'>,
    settled: { readonly by: string; readonly at: Date },
  ): Promise<QuarantinedMessage | undefined>;
}
