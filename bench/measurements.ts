import { type Contender } from './contender.ts';
import { drainKafka, whyLeftOut } from './kafka.ts';
import { sendBulk, takesBulk } from './load/bulk.ts';
import { FIRST_PAGE, findDeepPage } from './load/deep-page.ts';
import type { Generator } from './load/generator.ts';
import { type Latencies, pace } from './load/paced.ts';
import { OPERATIONS, type RequestKind, REQUESTS } from './load/requests.ts';
import type { Postgres } from './postgres.ts';
import { readable, say } from './progress.ts';
import type { Measured, Results, Side } from './results.ts';
import { requireSameWork } from './same-work.ts';
import type { Settings } from './settings.ts';

/** How the latency is taken longer than a rate: one request in a hundred has to be many. */
const LATENCY_FACTOR = 2;
const BULK_WARM_UP = 0.1;

/** A side that runs, on a register in which the ids from 1 to `ids` exist. */
export interface MeasuredSide {
  readonly side: Side;
  readonly contender: Contender;
  readonly ids: number;
}

/** Measures contenders, and keeps what it finds. */
export class Measurements {
  private readonly settings: Settings;
  private readonly generator: Generator;
  private readonly results: Results;

  constructor(settings: Settings, generator: Generator, results: Results) {
    this.settings = settings;
    this.generator = generator;
    this.results = results;
  }

  /** All operations, each of all sides in turn: they are compared, and a machine is not as fast at every moment. */
  async operations(sides: readonly MeasuredSide[], settle: () => Promise<void>): Promise<void> {
    for (const operation of OPERATIONS) {
      for (const { side, contender, ids } of sides) {
        await requireSameWork(contender, operation);
        await settle();
        await this.rate(side, operation, contender, REQUESTS[operation], ids);
      }
    }
    for (const { side, contender } of sides) this.results.addMemory(side, contender.peakMemory);
  }

  /** The first page of a long list, and one deep in it. */
  async pages(side: Side, contender: Contender, rows: number): Promise<void> {
    const path = await findDeepPage(contender, rows);
    if (path === undefined) {
      this.leftOut('the page by cursor: the links of the list hold no cursor');
      return;
    }
    await this.rate(side, 'first page', contender, FIRST_PAGE, rows);
    await this.rate(side, 'deep page', contender, { method: 'GET', path }, rows);
  }

  /** Many incidents in one request. */
  async bulk(side: Side, contender: Contender): Promise<void> {
    if (!(await takesBulk(contender))) {
      this.leftOut('bulk lines: the service answers 415 to them');
      return;
    }
    const { bulkLines } = this.settings;
    requireNoFailures(side, 'bulk lines', await sendBulk(contender, Math.ceil(bulkLines * BULK_WARM_UP)));
    const outcome = await sendBulk(contender, bulkLines);
    requireNoFailures(side, 'bulk lines', outcome);
    this.keep(side, 'bulk lines', outcome.rate);
    this.results.addMemory(side, contender.peakMemory);
  }

  /** Messages that wait in Kafka, taken in by one worker. */
  async kafka(postgres: Postgres, database: string): Promise<void> {
    const why = whyLeftOut();
    if (why !== undefined) {
      this.leftOut(`Kafka messages: ${why}`);
      return;
    }
    const { rate } = await drainKafka(postgres, database, this.settings.kafkaMessages);
    this.keep('ours', 'Kafka messages', rate);
  }

  /** How long creates take at half of the highest rate. */
  async halfLoad(contender: Contender): Promise<void> {
    const rate = this.results.rate('ours', 'create')! / 2;
    const { connections, rounds, seconds, warmUp } = this.settings;
    const load = { url: contender.url, request: REQUESTS.create, connections, rate };
    // At half its rate a fresh process takes long to compile what it runs often, and that is not what is asked for.
    requireNoFailures('ours', 'create', await this.generator.run({ ...load, ids: 1, seconds: warmUp }));
    requireNoFailures('ours', 'create', await pace({ ...load, seconds: warmUp }));
    const all: Latencies[] = [];
    for (let round = 1; round <= rounds; round++) {
      const each = await pace({ ...load, seconds: seconds * LATENCY_FACTOR });
      requireNoFailures('ours', 'create', each);
      all.push(each);
    }
    const latencies = all.toSorted((a, b) => a.p99 - b.p99)[Math.floor(rounds / 2)]!;
    this.results.halfLoad = { rate, latencies };
    say(
      `create at ${readable(rate)} a second: p50 ${latencies.p50.toFixed(1)} ms, p99 ${latencies.p99.toFixed(1)} ms`,
    );
  }

  private async rate(
    side: Side,
    measured: Measured,
    contender: Contender,
    request: RequestKind,
    ids: number,
  ) {
    const { connections, seconds, warmUp } = this.settings;
    const load = { url: contender.url, request, ids, connections };
    requireNoFailures(side, measured, await this.generator.run({ ...load, seconds: warmUp }));
    const outcome = await this.generator.run({ ...load, seconds });
    requireNoFailures(side, measured, outcome);
    this.keep(side, measured, outcome.rate);
  }

  private keep(side: Side, measured: Measured, rate: number): void {
    this.results.addRate(side, measured, rate);
    say(`  ${`${side}: ${measured}`.padEnd(26)}${readable(Math.round(rate)).padStart(9)} a second`);
  }

  private leftOut(what: string): void {
    this.results.note(what);
    say(`  left out, ${what}`);
  }
}

/** An error is answered faster than a request: a rate with errors in it means nothing, and there is none to keep. */
function requireNoFailures(
  side: Side,
  measured: Measured,
  { answers, failures }: { readonly answers: number; readonly failures: number },
): void {
  if (failures === 0 && answers > 0) return;
  throw new Error(
    `${side}, ${measured}: ${failures} failures beside or among ${answers} answers (none may fail)`,
  );
}
