/** Ends the pause of a loop early. A signal that is sent before the pause ends the pause immediately. */
export class WakeSignal {
  private sent = false;
  private wake: () => void = () => undefined;

  /** Whether it was sent since it was cleared. */
  get isSent(): boolean {
    return this.sent;
  }

  send(): void {
    this.sent = true;
    this.wake();
  }

  clear(): void {
    this.sent = false;
  }

  /** Resolves when it is sent or after the timeout; immediately if it was sent since it was cleared. */
  wait(timeoutMs: number): Promise<void> {
    if (this.sent) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
