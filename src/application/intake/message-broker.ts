/** Where a message lies: no other has the same place. */
export interface MessagePosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** A message as it was read from a topic. */
export interface InboundMessage extends MessagePosition {
  /** Absent in a message that only has a key. */
  readonly value: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** Why a message was not taken in. */
export interface Rejection {
  readonly code: string;
  readonly detail: string;
}

/** The broker is away, or does not take what it is sent. Trying again later may help; the message may be there twice then. */
export class BrokerUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('The broker cannot answer right now.', options);
  }
}

/** Where messages go that cannot be taken in, for those who sent them. */
export abstract class DeadLetters {
  /**
   * Passes the message on with the reason; the broker has it when this resolves.
   * @throws BrokerUnavailable
   */
  abstract send(message: InboundMessage, reason: Rejection): Promise<void>;
}
