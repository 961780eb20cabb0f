/** A request of a load, and what became of it. */
export interface Sent {
  readonly at: number;
  readonly milliseconds: number;
  /** 0 where the connection was lost before there was an answer. */
  readonly status: number;
  readonly retryAfter: string | null;
}

export interface Load {
  readonly sent: readonly Sent[];
  /** The descriptions that were acknowledged, each its own. */
  readonly acknowledged: readonly string[];
  /** Resolves when each client has its last answer. */
  stop(): Promise<void>;
}

let loads = 0;

const running = new Set<Load>();

/** Ends the loads that a test has left running, because it failed. */
export async function endLoads(): Promise<void> {
  await Promise.all([...running].map((load) => load.stop()));
}

/** So many clients report one incident after another, without any pause but that after a failure. */
export function report(url: string, clients: number): Load {
  const sent: Sent[] = [];
  const acknowledged: string[] = [];
  const number = ++loads;
  const stopping = new AbortController();
  const client = async (n: number) => {
    for (let i = 0; !stopping.signal.aborted; i++) {
      const description = `load ${number}, client ${n}, report ${i}`;
      const began = performance.now();
      const answer = await fetch(`${url}/api/v1/incidents`, {
        method: 'POST',
        headers: { 'X-Access-Key': 'key', 'Content-Type': 'application/json' },
        body: JSON.stringify({ description, source: 'monitoring' }),
      }).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      sent.push({
        at: began,
        milliseconds: performance.now() - began,
        status: answer?.status ?? 0,
        retryAfter: answer?.headers.get('retry-after') ?? null,
      });
      if (answer?.status === 201) acknowledged.push(description);
      else await new Promise((resolve) => setTimeout(resolve, 20));
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
