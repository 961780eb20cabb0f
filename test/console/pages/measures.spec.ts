import { measuresIn } from '../../../console/src/pages/consumers/measures.js';

describe('the measures of the process', () => {
  it('are read from its metrics, and those of several series are added', () => {
    const text = [
      '# HELP quarantine_pending Messages in the quarantine',
      '# TYPE quarantine_pending gauge',
      'quarantine_pending{channel="kafka"} 2',
      'quarantine_pending{channel="a b} c"} 1',
      'process_resident_memory_bytes 193724416',
      'nodejs_eventloop_lag_p99_seconds 1.7e-2',
      'timers_overdue_seconds 0',
      '',
    ].join('\n');
    expect(measuresIn(text)).toEqual({
      startedAt: undefined,
      memoryBytes: 193_724_416,
      eventLoopDelaySeconds: 0.017,
      waitingForConnection: undefined,
      overdueTimersSeconds: 0,
      pendingInQuarantine: 3,
    });
  });
});
