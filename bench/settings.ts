/** The settings of a run. */
export interface Settings {
  /** The number of times that everything is measured; the report has the medians. */
  readonly rounds: number;
  /** The number of incidents in the large database. */
  readonly rows: number;
  /** The number of concurrent connections. */
  readonly connections: number;
  /** The duration of each measurement. */
  readonly seconds: number;
  /** The duration of the same load before each measurement, unmeasured. */
  readonly warmUpSeconds: number;
  /** The number of lines of a bulk request. */
  readonly bulkLines: number;
  /** The number of messages in Kafka when the worker starts. */
  readonly kafkaMessages: number;
  /** The number of timers that are due at once. */
  readonly dueTimers: number;
  /** Whether a missed goal makes the run fail. */
  readonly strict: boolean;
}

/** The number of incidents in the small database, which is used for the comparison with the references. */
export const SMALL_ROWS = 10_000;

/** Files that are uploaded at once. */
export const UPLOADS = { count: 50, bytes: 20_000_000 } as const;

/** The time that a new process takes to compile most of its hot code. */
const WARM_UP_SECONDS = 10;

/** Reads the settings from the environment; a run with the defaults takes about 40 minutes. */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const number = (name: string, defaultValue: number) => {
    const value = environment[name] || String(defaultValue);
    if (!/^[1-9]\d{0,8}$/.test(value)) throw new Error(`${name} must be a positive integer, not "${value}".`);
    return Number(value);
  };
  return {
    rounds: number('ROUNDS', 3),
    rows: number('ROWS', 1_000_000),
    connections: number('CONNECTIONS', 32),
    seconds: number('SECONDS_EACH', 5),
    warmUpSeconds: WARM_UP_SECONDS,
    bulkLines: number('BULK_LINES', 200_000),
    kafkaMessages: number('KAFKA_MESSAGES', 100_000),
    dueTimers: number('DUE_TIMERS', 100_000),
    strict: environment['BENCH_STRICT'] === '1',
  };
}

/** The settings as environment variables. */
export function settingsLine(settings: Settings): string {
  const { rounds, rows, connections, seconds, bulkLines, kafkaMessages, dueTimers } = settings;
  return `ROUNDS=${rounds} ROWS=${rows} CONNECTIONS=${connections} SECONDS_EACH=${seconds} BULK_LINES=${bulkLines} KAFKA_MESSAGES=${kafkaMessages} DUE_TIMERS=${dueTimers}`;
}
