const controller = new AbortController();

// The terminal sends Ctrl-C to the whole process group, and make sends it again. Only the first one counts, and the child
// processes are still stopped.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => controller.abort(new Error('interrupted')));
}

/** Aborted by SIGINT, SIGTERM and SIGHUP. Every wait of the benchmark uses this signal. */
export const interruption: AbortSignal = controller.signal;
