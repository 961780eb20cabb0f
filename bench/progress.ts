const began = performance.now();

// Whoever reads may have read enough (`make bench | head`): that is no reason to leave a server behind.
process.stdout.on('error', () => undefined);

/** A line for the person who waits, with the time since the start. */
export function say(line: string): void {
  const seconds = Math.floor((performance.now() - began) / 1_000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stdout.write(`${clock.padStart(6)}  ${line}\n`);
}

/** A number as people read it. */
export function readable(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: value < 100 ? 1 : 0 });
}
