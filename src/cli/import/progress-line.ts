/** How often the line changes on a terminal, and how often a line is written elsewhere. */
const TERMINAL_MS = 200;
const FILE_MS = 10_000;

/** A line about how far something is: rewritten on a terminal, and repeated now and then in a file. */
export class ImportProgressLine {
  private lastAt = -Infinity;
  private isOpen = false;

  constructor(private readonly output: NodeJS.WriteStream) {}

  update(text: string): void {
    const { isTTY } = this.output;
    const now = performance.now();
    if (now - this.lastAt < (isTTY ? TERMINAL_MS : FILE_MS)) return;
    this.lastAt = now;
    this.output.write(isTTY ? `\r\u001b[K${text}` : `${text}\n`);
    this.isOpen = isTTY;
  }

  /** Writes a line that stays. */
  print(text: string): void {
    this.end();
    this.output.write(`${text}\n`);
  }

  /** Removes the line that is rewritten. */
  end(): void {
    if (this.isOpen) this.output.write('\r\u001b[K');
    this.isOpen = false;
  }
}
