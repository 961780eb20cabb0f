import type { InjectionToken, Provider, Type } from '@nestjs/common';
import type { ChannelDeclaration } from '../../application/intake/channel-registry.js';
import type { RetryHandler } from '../../application/quarantine/retry-handlers.js';

/** An example of a message, for the documentation and for tests. */
export interface ChannelExample {
  readonly summary: string;
  /** A JSON value, or a string. */
  readonly value: unknown;
}

/**
 * A channel: one folder beside this file, and one line in `registered-channels.ts`. A channel translates messages of its senders
 * into reports, and passes them to the intake. Metrics, quarantine, quotas, filters and the API contract derive from this
 * declaration.
 */
export interface Channel extends ChannelDeclaration {
  /** The routes of the channel, if it receives by HTTP. */
  readonly controllers?: readonly Type[];
  readonly providers?: readonly Provider[];
  /** The provider that retries quarantined messages of the channel; without one, they cannot be retried. */
  readonly retryHandler?: InjectionToken<RetryHandler>;
  /** Examples of messages by name. */
  readonly examples?: Readonly<Record<string, ChannelExample>>;
}
