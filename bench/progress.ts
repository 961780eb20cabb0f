const startedAt = performance.now();

// A closed pipe (`make bench | head`) must not end the process before it stops its servers.
process.stdout.on('error', () => undefined);

/** Prints a progress line with the time since the start. */
export function logProgress(line: string): void {
  const seconds = Math.floor((performance.now() - startedAt) / 1_000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stdout.write(`${clock.padStart(6)}  ${line}\n`);
}

/** A number with thousands separators, and one decimal if it is below 100. */
export function formatNumber(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
