/** What people look at first when the service is slow. */
export interface ProcessMeasures {
  /** When the process began, in seconds since 1970. */
  readonly startedAt: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly eventLoopDelaySeconds: number | undefined;
  readonly waitingForConnection: number | undefined;
  readonly overdueTimersSeconds: number | undefined;
  readonly pendingInQuarantine: number | undefined;
}

const LINE = /^([a-z_:][\w:]*)(?:\{.*\})? (\S+)$/i;

/** Some of the measures in the text format of Prometheus. Those of several series are added. */
export function measuresIn(text: string): ProcessMeasures {
  const sums = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + Number(value));
  }
  return {
    startedAt: sums.get('process_start_time_seconds'),
    memoryBytes: sums.get('process_resident_memory_bytes'),
    eventLoopDelaySeconds: sums.get('nodejs_eventloop_lag_p99_seconds'),
    waitingForConnection: sums.get('database_pool_waiting'),
    overdueTimersSeconds: sums.get('timers_overdue_seconds'),
    pendingInQuarantine: sums.get('quarantine_pending'),
  };
}
