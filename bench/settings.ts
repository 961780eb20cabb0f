/** What one run measures, and for how long. */
export interface Settings {
  /** How often everything is measured; the medians count. */
  readonly rounds: number;
  /** How many incidents the large register has. */
  readonly rows: number;
  /** How many connections ask at the same time. */
  readonly connections: number;
  /** How long each measurement lasts. */
  readonly seconds: number;
  /** How long the same load runs before it, unmeasured. */
  readonly warmUp: number;
  /** How many lines one bulk request has. */
  readonly bulkLines: number;
  /** How many messages wait in Kafka for the worker. */
  readonly kafkaMessages: number;
  /** Whether a goal that is not met is a failure. */
  readonly strict: boolean;
}

/** How many incidents the small register has: that of the comparison with others. */
export const SMALL = 10_000;

/** As long as a fresh process takes to compile what it runs often. */
const WARM_UP = 5;

/** The settings of the environment; what it does not say is chosen for a run of some ten minutes. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const number = (name: string, otherwise: number) => {
    const value = environment[name] || String(otherwise);
    if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error(`${name} must be a positive integer, not "${value}".`);
    return Number(value);
  };
  return {
    rounds: number('ROUNDS', 3),
    rows: number('ROWS', 1_000_000),
    connections: number('CONNECTIONS', 32),
    seconds: number('SECONDS_EACH', 5),
    warmUp: WARM_UP,
    bulkLines: number('BULK_LINES', 200_000),
    kafkaMessages: number('KAFKA_MESSAGES', 100_000),
    strict: environment['BENCH_STRICT'] === '1',
  };
}

/** The settings as they would be typed. */
export function spelled(settings: Settings): string {
  const { rounds, rows, connections, seconds, bulkLines, kafkaMessages } = settings;
  return `ROUNDS=${rounds} ROWS=${rows} CONNECTIONS=${connections} SECONDS_EACH=${seconds} BULK_LINES=${bulkLines} KAFKA_MESSAGES=${kafkaMessages}`;
}
