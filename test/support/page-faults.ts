import type { BrowserContext, ConsoleMessage, Response } from 'playwright-core';

interface Violation {
  readonly directive: string;
  readonly blocked: string;
  readonly sample: string;
  readonly source: string;
}

declare const window: {
  addEventListener(
    type: 'securitypolicyviolation',
    listener: (event: {
      readonly effectiveDirective: string;
      readonly blockedURI: string;
      readonly sample: string;
      readonly sourceFile: string;
      readonly lineNumber: number;
    }) => void,
  ): void;
  reportViolation(violation: Violation): Promise<void>;
};

/**
 * Records what no page may do, whatever a test is about: violations of its content security policy, uncaught errors, errors in the
 * console, requests to other hosts, files that are missing, and responses that say that the server failed.
 */
export class PageFaults {
  private faults: string[] = [];

  /** Watches all pages of a context. Requests to other origins than this one are faults. */
  async watch(context: BrowserContext, origin: string): Promise<void> {
    await context.exposeBinding('reportViolation', (_, violation: Violation) =>
      this.add(
        `content security policy: ${violation.directive} blocked ${violation.blocked} ${violation.sample} at ${violation.source}`,
      ),
    );
    await context.addInitScript(() =>
      window.addEventListener('securitypolicyviolation', (event) => {
        void window.reportViolation({
          directive: event.effectiveDirective,
          blocked: event.blockedURI,
          sample: event.sample,
          source: `${event.sourceFile}:${event.lineNumber}`,
        });
      }),
    );
    context.on('weberror', (error) => this.add(`uncaught: ${error.error().stack ?? error.error().message}`));
    context.on('console', (message) => this.addFromConsole(message));
    context.on('response', (response) => this.addFromResponse(response, origin));
    context.on('request', (request) => {
      const { protocol, origin: requested } = new URL(request.url());
      if (protocol.startsWith('http') && requested !== origin) this.add(`request to ${request.url()}`);
    });
  }

  /** Returns the faults so far, and forgets them. */
  take(): readonly string[] {
    const { faults } = this;
    this.faults = [];
    return faults;
  }

  private add(fault: string): void {
    this.faults.push(fault);
  }

  private addFromConsole(message: ConsoleMessage): void {
    // Chromium writes this for each response of 400 and more, and for each lost connection. Refusals and outages are parts of
    // scenarios; what no scenario asks for is found in the responses.
    if (message.text().startsWith('Failed to load resource')) return;
    if (message.type() === 'error') this.add(`console: ${message.text()}`);
  }

  private addFromResponse(response: Response, origin: string): void {
    const url = new URL(response.url());
    if (url.origin !== origin) return;
    const isMissing = response.status() >= 400 && !url.pathname.startsWith('/api/');
    // The service says so of a request that waited too long, as on a machine that is busy with other things: the page sends it again.
    const isBusy = response.status() === 503 && 'retry-after' in response.headers();
    if (isBusy) process.stdout.write(`The service was too busy for ${url.pathname}.\n`);
    else if (isMissing || response.status() >= 500)
      this.add(`response ${response.status()} for ${url.pathname}`);
  }
}
