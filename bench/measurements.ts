import { type Contender } from './contender.ts';
import { cpuSeconds } from './cpu.ts';
import { measureConsole, whyNoBrowser } from './console.ts';
import { drainKafka, whySkipped } from './kafka.ts';
import { sendBulk, supportsBulk } from './load/bulk.ts';
import { FIRST_PAGE, findDeepPage } from './load/deep-page.ts';
import type { Generator } from './load/generator.ts';
import { type Latencies, pace } from './load/paced.ts';
import { INTAKES } from './load/intake.ts';
import { OPERATIONS, type RequestKind, REQUESTS } from './load/requests.ts';
import { sendUploads } from './load/uploads.ts';
import type { Postgres } from './postgres.ts';
import { formatNumber, logProgress } from './progress.ts';
import type { Measured, Results, Side } from './results.ts';
import { requireValidResponse } from './response-check.ts';
import { type Settings, UPLOADS } from './settings.ts';
import { completeTimers } from './timers.ts';

/** Latencies are measured this many times longer than rates: a p99 needs many requests. */
const LATENCY_FACTOR = 2;
const BULK_WARM_UP_SHARE = 0.1;

/** A running side whose database has incidents with the ids from 1 to `ids`. */
export interface MeasuredSide {
  readonly side: Side;
  readonly contender: Contender;
  readonly ids: number;
  /** Its server, if it has one. */
  readonly postgres?: Postgres | undefined;
}

/** Measures contenders and stores the results. */
export class Measurements {
  private readonly settings: Settings;
  private readonly generator: Generator;
  private readonly results: Results;

  constructor(settings: Settings, generator: Generator, results: Results) {
    this.settings = settings;
    this.generator = generator;
    this.results = results;
  }

  /** Measures each operation on all sides in turn, since the speed of the machine varies over time. */
  async operations(sides: readonly MeasuredSide[], checkpoint: () => Promise<void>): Promise<void> {
    for (const operation of OPERATIONS) {
      for (const { side, contender, ids, postgres } of sides) {
        await requireValidResponse(contender, operation);
        await checkpoint();
        const pids = postgres ? [contender.pid, postgres.pid] : [];
        const [program, database] = await this.rate(
          side,
          operation,
          contender,
          REQUESTS[operation],
          ids,
          pids,
        );
        if (program !== undefined && database !== undefined)
          this.results.addCpu(side, operation, { program, database });
      }
    }
    for (const { side, contender } of sides) this.results.addMemory(side, contender.peakMemory);
  }

  /** Measures the first page of a long list, and a page deep in it. */
  async pages(side: Side, contender: Contender, rows: number): Promise<void> {
    const path = await findDeepPage(contender, rows);
    if (path === undefined) {
      this.skip('the page by cursor: the links of the list contain no cursor');
      return;
    }
    await this.rate(side, 'first page', contender, FIRST_PAGE, rows);
    await this.rate(side, 'deep page', contender, { method: 'GET', path }, rows);
  }

  /** Measures many incidents in one request. */
  async bulk(side: Side, contender: Contender): Promise<void> {
    if (!(await supportsBulk(contender))) {
      this.skip('bulk lines: the service rejects them with 415');
      return;
    }
    const { bulkLines } = this.settings;
    requireNoFailures(
      side,
      'bulk lines',
      await sendBulk(contender, Math.ceil(bulkLines * BULK_WARM_UP_SHARE)),
    );
    const outcome = await sendBulk(contender, bulkLines);
    requireNoFailures(side, 'bulk lines', outcome);
    this.addRate(side, 'bulk lines', outcome.rate);
    this.results.addMemory(side, contender.peakMemory);
  }

  /** Measures how fast one worker stores a backlog of Kafka messages. */
  async kafka(postgres: Postgres, database: string): Promise<void> {
    const reason = whySkipped();
    if (reason !== undefined) {
      this.skip(`Kafka messages: ${reason}`);
      return;
    }
    const { rate } = await drainKafka(postgres, database, this.settings.kafkaMessages);
    this.addRate('ours', 'Kafka messages', rate);
  }

  /** Measures how fast each channel takes what its sender reports. */
  async intakes(contender: Contender): Promise<void> {
    for (const intake of INTAKES) await this.rate('ours', `intake: ${intake.channel}`, contender, intake, 1);
  }

  /** Measures many large files at once. */
  async uploads(contender: Contender): Promise<void> {
    const before = contender.restartPeakMemory();
    this.addRate('ours', 'megabytes of uploads', await sendUploads(contender, UPLOADS));
    if (before !== undefined) this.results.uploadsMemory.push(contender.peakMemory! - before);
  }

  /** Measures how fast reminders that are due at once are added to histories. */
  async timers(postgres: Postgres, database: string): Promise<void> {
    const { dueTimers } = this.settings;
    this.addRate('ours', 'due timers', await completeTimers(postgres, database, dueTimers));
  }

  /** Measures what the console costs its users, with as many untaken incidents as the contender has. */
  async console(contender: Contender): Promise<void> {
    const reason = whyNoBrowser();
    if (reason !== undefined) {
      this.skip(`the console: ${reason}`);
      return;
    }
    const measured = await measureConsole(contender);
    this.results.consoles.push(measured);
    const { startBytes, listMs, reportMs } = measured;
    logProgress(
      `  console: ${formatNumber(startBytes)} bytes, list after ${listMs.toFixed(0)} ms, row after ${reportMs.p50} ms`,
    );
  }

  /** Measures the latency of creates at half of the highest rate. */
  async halfLoad(contender: Contender): Promise<void> {
    const rate = this.results.rate('ours', 'create')! / 2;
    const { connections, rounds, seconds, warmUpSeconds } = this.settings;
    const load = { url: contender.url, request: REQUESTS.create, connections, rate };
    // At half load, a new process takes long to compile its hot code, so the warm-up runs at full load first.
    requireNoFailures(
      'ours',
      'create',
      await this.generator.run({ ...load, ids: 1, seconds: warmUpSeconds }),
    );
    requireNoFailures('ours', 'create', await pace({ ...load, seconds: warmUpSeconds }));
    const all: Latencies[] = [];
    for (let round = 1; round <= rounds; round++) {
      const each = await pace({ ...load, seconds: seconds * LATENCY_FACTOR });
      requireNoFailures('ours', 'create', each);
      all.push(each);
    }
    const latencies = all.toSorted((a, b) => a.p99 - b.p99)[Math.floor(rounds / 2)]!;
    this.results.halfLoad = { rate, latencies };
    logProgress(
      `create at ${formatNumber(rate)} per second: p50 ${latencies.p50.toFixed(1)} ms, p99 ${latencies.p99.toFixed(1)} ms`,
    );
  }

  /** @returns the CPU time of these processes for each response, in microseconds; undefined except on Linux. */
  private async rate(
    side: Side,
    measured: Measured,
    contender: Contender,
    request: RequestKind,
    ids: number,
    pids: readonly number[] = [],
  ): Promise<readonly (number | undefined)[]> {
    const { connections, seconds, warmUpSeconds } = this.settings;
    const load = { url: contender.url, request, ids, connections };
    requireNoFailures(side, measured, await this.generator.run({ ...load, seconds: warmUpSeconds }));
    const before = pids.map(cpuSeconds);
    const outcome = await this.generator.run({ ...load, seconds });
    const after = pids.map(cpuSeconds);
    requireNoFailures(side, measured, outcome);
    this.addRate(side, measured, outcome.rate);
    return after.map((total, i) => total && ((total - before[i]!) * 1e6) / outcome.responses);
  }

  private addRate(side: Side, measured: Measured, rate: number): void {
    this.results.addRate(side, measured, rate);
    logProgress(
      `  ${`${side}: ${measured}`.padEnd(26)}${formatNumber(Math.round(rate)).padStart(9)} per second`,
    );
  }

  private skip(reason: string): void {
    this.results.note(reason);
    logProgress(`  skipped: ${reason}`);
  }
}

/** @throws if a request failed: errors are faster than successful responses, so a rate that includes them means nothing. */
function requireNoFailures(
  side: Side,
  measured: Measured,
  { responses, failures }: { readonly responses: number; readonly failures: number },
): void {
  if (failures === 0 && responses > 0) return;
  throw new Error(`${side}, ${measured}: ${failures} failures, ${responses} responses (no request may fail)`);
}
