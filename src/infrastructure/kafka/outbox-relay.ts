import { Logger } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import type { IncidentEvent } from '../../domain/incident/incident-events.js';
import type { IncidentId } from '../../domain/incident/incident.js';
import { sleepUnlessAborted } from '../../shared/abort.js';
import { backoffMs } from '../../shared/backoff.js';
import { reasonOf } from '../postgres/connection/database-errors.js';
import { type EventOutbox, LEASE, type WaitingEvent } from '../postgres/feed/event-outbox.js';
import { topicsOf } from './client-options.js';
import type { KafkaProducer } from './kafka-producer.js';

/** By this name events are queued for us. */
const CONSUMER = 'kafka';

/** How long nothing is done when nothing waits, in milliseconds. */
const IDLE = 1_000;

/** How often the worker says that it lives, in milliseconds: well below what the alert for a dead one waits. */
const SEEN_INTERVAL_MS = 15_000;

const RETRY = { firstMs: 500, maxMs: 10_000 } as const;

/** What must be left of a lease to send by it, in milliseconds: more than sending can take. */
const LEFT = LEASE / 2;

/** How much is sent at once, in bytes: below what a partition takes in one batch by default. */
const MAX_SENT = 512 * 1024;

/** What is sent of an event. */
export type ToMessage = (
  incidentId: IncidentId,
  event: IncidentEvent,
) => { readonly key: string; readonly value: string };

/** Passes on the events of the register to the topic `<prefix>.events`, each at least once and those of an incident in order. */
export class OutboxRelay {
  private readonly logger = new Logger('Kafka');
  private readonly stopping = new AbortController();
  private readonly topic: string;
  private running: Promise<void> | undefined;
  private lastSeen = -Infinity;

  constructor(
    config: Config,
    private readonly outbox: EventOutbox,
    private readonly producer: KafkaProducer,
    private readonly toMessage: ToMessage,
  ) {
    this.topic = topicsOf(config).events;
  }

  /** Begins once events are queued for it; what happened before is not passed on. */
  async start(): Promise<void> {
    await this.outbox.register(CONSUMER);
    this.running = this.run();
  }

  /** Finishes what it is sending, and leaves the rest to others. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.recordSeen();
        const sent = await this.round();
        if (failures > 0) this.logger.log('events are passed on again');
        failures = 0;
        if (sent === 0) await sleepUnlessAborted(IDLE, signal);
      } catch (error) {
        const { cause = error } = error as Error;
        if (++failures === 1) this.logger.warn(`events wait: ${reasonOf(cause)}`);
        await sleepUnlessAborted(backoffMs(failures, RETRY), signal);
      }
    }
  }

  private async recordSeen(): Promise<void> {
    if (performance.now() - this.lastSeen < SEEN_INTERVAL_MS) return;
    await this.outbox.recordSeen(CONSUMER);
    this.lastSeen = performance.now();
  }

  /** Passes on some of what waits, and says how many events that were. */
  private async round(): Promise<number> {
    const { events, until } = await this.outbox.take();
    try {
      for (const portion of portions(events, this.toMessage)) {
        if (performance.now() > until - LEFT) break;
        await this.producer.send(
          portion.map(({ key, value }) => ({
            topic: this.topic,
            key: Buffer.from(key),
            value: Buffer.from(value),
          })),
        );
        await this.outbox.forget(portion.map(({ event }) => event));
      }
    } finally {
      if (events.length > 0) await this.outbox.giveBack();
    }
    return events.length;
  }
}

interface Portion {
  readonly event: WaitingEvent;
  readonly key: string;
  readonly value: string;
}

/** The events in their order, as messages, so many at a time as are sent at once. */
function* portions(events: readonly WaitingEvent[], toMessage: ToMessage): Generator<Portion[]> {
  let portion: Portion[] = [];
  let bytes = 0;
  for (const event of events) {
    const message = toMessage(event.incidentId, event.event);
    const size = Buffer.byteLength(message.value);
    if (portion.length > 0 && bytes + size > MAX_SENT) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push({ event, ...message });
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}
