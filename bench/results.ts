import type { ConsoleResults } from './console.ts';
import type { Operation } from './load/requests.ts';
import type { Latencies } from './load/paced.ts';

/** A measured program: the service with the small database on each server and with the large one, and its references. */
export type Side = 'ceiling' | 'ours' | 'ours, stock' | 'ours, large' | 'FastAPI' | 'Go';

/** A measured operation. */
export type Measured =
  | Operation
  | 'first page'
  | 'deep page'
  | 'bulk lines'
  | 'Kafka messages'
  | 'due timers'
  | 'megabytes of uploads'
  | `intake: ${string}`;

/** What one response costs, in microseconds of CPU time. */
export interface CpuTime {
  readonly program: number;
  readonly database: number;
}

/** The results of a run. Missing values were skipped. */
export class Results {
  /** Half of the highest rate of creates, and the latencies at that rate. */
  halfLoad: { readonly rate: number; readonly latencies: Latencies } | undefined;
  /** What many uploads at once added to the memory of the process, in bytes, in each round. */
  readonly uploadsMemory: number[] = [];
  /** What the console costs its users, in each round. */
  readonly consoles: ConsoleResults[] = [];
  /** What was skipped and why, for the report. */
  readonly notes: string[] = [];
  private readonly cpu = new Map<string, CpuTime[]>();
  private readonly rates = new Map<string, number[]>();
  private readonly memory = new Map<Side, number>();

  /** @param microseconds for each response: of the program, and of its PostgreSQL. */
  addCpu(side: Side, operation: Operation, microseconds: CpuTime): void {
    const key = `${side} ${operation}`;
    this.cpu.set(key, [...(this.cpu.get(key) ?? []), microseconds]);
  }

  /** The medians of the rounds. */
  cpuTime(side: Side, operation: Operation): CpuTime | undefined {
    const rounds = this.cpu.get(`${side} ${operation}`);
    if (!rounds) return undefined;
    return {
      program: median(rounds.map(({ program }) => program))!,
      database: median(rounds.map(({ database }) => database))!,
    };
  }

  addRate(side: Side, measured: Measured, rate: number): void {
    const key = `${side} ${measured}`;
    this.rates.set(key, [...(this.rates.get(key) ?? []), rate]);
  }

  /** Keeps the peak. */
  addMemory(side: Side, bytes: number | undefined): void {
    if (bytes !== undefined) this.memory.set(side, Math.max(bytes, this.memory.get(side) ?? 0));
  }

  /** Notes a skipped measurement once, not in each round. */
  note(line: string): void {
    if (!this.notes.includes(line)) this.notes.push(line);
  }

  /** The rates in the order of the rounds. */
  ratesOf(side: Side, measured: Measured): readonly number[] {
    return this.rates.get(`${side} ${measured}`) ?? [];
  }

  /** The median rate of the rounds, per second. */
  rate(side: Side, measured: Measured): number | undefined {
    return median(this.ratesOf(side, measured));
  }

  /** The median of the rounds' ratios: within a round, the compared rates were measured shortly one after the other. */
  ratio([side, measured]: [Side, Measured], [than, other]: [Side, Measured]): number | undefined {
    const bases = this.ratesOf(than, other);
    return median(
      this.ratesOf(side, measured).flatMap((rate, round) => {
        const base = bases[round];
        return base === undefined ? [] : [rate / base];
      }),
    );
  }

  /** The median of the rounds of something that was measured of the console. */
  ofConsole(value: (console: ConsoleResults) => number): number | undefined {
    return median(this.consoles.map(value));
  }

  /** The median of the rounds of what many uploads at once added to the memory of the process, in bytes. */
  ofUploads(): number | undefined {
    return median(this.uploadsMemory);
  }

  /** The peak resident memory, in bytes. */
  peakMemory(side: Side): number | undefined {
    return this.memory.get(side);
  }
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper !== undefined && lower !== undefined ? (upper + lower) / 2 : undefined;
}
