import { pause } from './pause.js';

/** A request of a load, and its result. */
export interface Sent {
  readonly at: number;
  readonly durationMs: number;
  /** 0 if the connection was lost before the answer. */
  readonly status: number;
  readonly retryAfter: string | null;
}

export interface Load {
  readonly sent: readonly Sent[];
  /** The descriptions of the acknowledged reports; each is unique. */
  readonly acknowledged: readonly string[];
  /** Resolves once each client has received its last answer. */
  stop(): Promise<void>;
}

let loads = 0;

const running = new Set<Load>();

/** Stops the loads that a failed test left running. */
export async function stopLoads(): Promise<void> {
  await Promise.all([...running].map((load) => load.stop()));
}

/** Starts clients that report one incident after the other, with a pause only after a failure. */
export function report(url: string, clients: number): Load {
  const sent: Sent[] = [];
  const acknowledged: string[] = [];
  const number = ++loads;
  const stopping = new AbortController();
  const client = async (n: number) => {
    for (let i = 0; !stopping.signal.aborted; i++) {
      const description = `load ${number}, client ${n}, report ${i}`;
      const startedAt = performance.now();
      const answer = await fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers: { 'X-Access-Key': 'key', 'Content-Type': 'application/json' },
        body: JSON.stringify({ description, source: 'monitoring' }),
      }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      sent.push({
        at: startedAt,
        durationMs: performance.now() - startedAt,
        status: answer?.status ?? 0,
        retryAfter: answer?.headers.get('retry-after') ?? null,
      });
      if (answer?.status === 201) acknowledged.push(description);
      else await pause(20, 'a client does not retry at once');
    }
  };
  const all = Array.from({ length: clients }, (_, n) => client(n));
  const load: Load = {
    sent,
    acknowledged,
    stop: async () => {
      stopping.abort();
      await Promise.all(all);
      running.delete(load);
    },
  };
  running.add(load);
  return load;
}
