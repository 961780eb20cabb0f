import { existsSync } from 'node:fs';
import type { Client } from 'pg';
import { interruption } from '../../bench/interruption.ts';
import { type Entry, readLedger } from '../crash/ledger.ts';
import { compare } from '../crash/verdict.ts';
import { feedOrder } from '../support/feed.ts';
import type { ChatLoad } from './chat-load.ts';
import { awaitCondition } from './faults.ts';
import type { FeedReader } from './feed-readers.ts';
import type { KafkaLoad } from './kafka-load.ts';

/** How long the bot, the worker and the readers may take to catch up after a round. */
const CATCH_UP_TIMEOUT_MS = 60_000;

/** Who has recorded what was acknowledged. */
export interface Witnesses {
  /** The files of all clients so far. */
  readonly ledgers: readonly string[];
  readonly chat: ChatLoad;
  readonly kafka: KafkaLoad | undefined;
  readonly readers: readonly FeedReader[];
}

/** The differences between the records and the database. */
export interface Differences {
  readonly lost: number;
  readonly duplicated: number;
  readonly other: number;
  /** Some of them, for people. */
  readonly examples: readonly string[];
}

/** Compares everything that was acknowledged so far with the database, once all channels and readers have caught up. */
export async function compareAll(witnesses: Witnesses, database: Client): Promise<Differences> {
  const { ledgers, chat, kafka, readers } = witnesses;
  const query = async <Row extends object>(text: string) => (await database.query<Row>(text)).rows;
  const problems: string[] = [];
  const caughtUp = async (what: string, condition: () => boolean | Promise<boolean>, state: () => string) => {
    await awaitCondition(condition, CATCH_UP_TIMEOUT_MS).catch((error: unknown) => {
      if (interruption.aborted) throw error;
      problems.push(`${what} within ${CATCH_UP_TIMEOUT_MS / 1_000} s: ${state()}`);
    });
  };
  await caughtUp(
    'the bot did not answer all messages',
    () => chat.unanswered.length === 0,
    () => `${JSON.stringify(chat.unanswered.slice(0, 3))}, ${chat.recentReplies}`,
  );
  if (kafka) {
    await caughtUp(
      'the worker did not store all messages',
      async () => (await kafka.lag()) === 0,
      () => '',
    );
  }
  const expected = await query<{ id: string }>(`SELECT incident_id || '-' || seq AS id FROM incident_events`);
  await caughtUp(
    'readers of the feed did not receive all events',
    () => readers.every(({ received }) => received.order.length >= expected.length),
    () => `${readers.map(({ received }) => received.order.length).join(', ')} of ${expected.length}`,
  );
  const order = (await feedOrder({ query })).join();
  for (const { received } of readers) {
    problems.push(...received.violations);
    if (received.order.join() !== order)
      problems.push('a reader has other events, or another order, than the feed');
  }
  if (kafka) problems.push(...(await unpublished(kafka, expected)));
  const entries = [
    ...ledgers.filter(existsSync).flatMap(readLedger),
    ...(await messageEntries(witnesses, database)),
  ];
  const { lost, duplicated, altered, miscounted, unexpected, examples } = await compare(entries, database);
  return {
    lost,
    duplicated,
    other: altered + miscounted + unexpected + problems.length,
    examples: [...problems, ...examples],
  };
}

/** The reports of the chat and of Kafka, as entries of a ledger. */
async function messageEntries({ chat, kafka }: Witnesses, database: Client): Promise<Entry[]> {
  const { rows } = await database.query<{ id: number; text: string }>(
    `SELECT id::float8, description AS text FROM incidents WHERE description ~ '-(chat|kafka)-[0-9]+ '`,
  );
  const ids = new Map(rows.map(({ id, text }) => [text, id]));
  const reported = (text: string, source: string, n: number): Entry => ({
    kind: 'reported',
    // An id that no incident has: the report is lost.
    id: ids.get(text) ?? -n,
    text,
    source,
  });
  const messages = chat.messages.map(({ text }, n) => reported(text, 'operator', n + 1));
  const acknowledged = kafka?.acknowledged ?? [];
  const unanswered = kafka?.unanswered ?? [];
  return [
    ...messages,
    ...acknowledged.map((text, n) => reported(text, 'monitoring', messages.length + n + 1)),
    ...unanswered.map((text): Entry => ({ kind: 'unanswered', text })),
  ];
}

/** Events that the worker has not published, and incidents whose events it has published in another order. */
async function unpublished(kafka: KafkaLoad, expected: readonly { id: string }[]): Promise<string[]> {
  let published: readonly string[] = [];
  const isComplete = async () => {
    published = await kafka.publishedEvents();
    return published.length >= expected.length;
  };
  await awaitCondition(isComplete, CATCH_UP_TIMEOUT_MS).catch(() => undefined);
  const found = new Set(published);
  const missing = expected.filter(({ id }) => !found.has(id)).map(({ id }) => `event ${id} is not in Kafka`);
  const last = new Map<string, number>();
  const disordered = published.flatMap((id) => {
    const [incident, seq] = id.split('-') as [string, string];
    const isBehind = Number(seq) < (last.get(incident) ?? 0);
    last.set(incident, Number(seq));
    return isBehind ? [`event ${id} is in Kafka after a later one`] : [];
  });
  return [...missing, ...disordered];
}
