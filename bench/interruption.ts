const controller = new AbortController();

// A terminal sends Ctrl-C to all of us, and make sends it again: once is enough, and what was started is still stopped.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => controller.abort(new Error('interrupted')));
}

/** Aborted when the benchmark is told to stop. Whatever waits, waits with this. */
export const interruption: AbortSignal = controller.signal;
