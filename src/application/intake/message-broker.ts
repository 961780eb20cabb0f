/** The unique position of a message. */
export interface MessagePosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** A message as it was read from a topic. */
export interface InboundMessage extends MessagePosition {
  /** Undefined if the message has only a key. */
  readonly value: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

/** Why a message was rejected. */
export interface Rejection {
  readonly code: string;
  readonly detail: string;
}

/** The broker is unreachable, or does not accept a message. The sender may retry; then the topic may have the message twice. */
export class BrokerUnavailable extends Error {
  constructor(options?: ErrorOptions) {
    super('The broker cannot answer right now.', options);
  }
}

/** Publishes rejected messages for their senders. */
export abstract class DeadLetters {
  /**
   * Publishes the message with the reason. The broker has acknowledged it when this resolves.
   * @throws BrokerUnavailable
   */
  abstract send(message: InboundMessage, reason: Rejection): Promise<void>;
}
