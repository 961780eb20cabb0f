import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { axeViolations } from '../support/axe.js';
import { hasChromium, TestBrowser } from '../support/browser.js';
import { until } from '../support/until.js';

const POLICY =
  "default-src 'none'; script-src 'self'; connect-src *; img-src * data:; require-trusted-types-for 'script'; trusted-types 'none'";
const PAGE =
  '<!doctype html><html lang="en"><head><title>A page</title><link rel="icon" href="data:,"></head><body><main><h1>A page</h1>';

/** Each fault: what the page contains, the script that it runs, and what is recorded. */
const FAULTS: readonly (readonly [string, { html?: string; script?: string; fault: RegExp }])[] = [
  ['an inline script', { html: '<script>1</script>', fault: /content security policy: script-src-elem/ }],
  [
    'an inline style',
    { html: '<p style="color: red">a</p>', fault: /content security policy: style-src-attr/ },
  ],
  [
    'an assignment to innerHTML',
    {
      script: 'document.body.innerHTML = "<b>a</b>"',
      fault: /content security policy: require-trusted-types/,
    },
  ],
  ['an uncaught error', { script: 'throw new Error("broken")', fault: /uncaught: Error: broken/ }],
  [
    'a rejection that nobody handles',
    { script: 'Promise.reject(new Error("broken"))', fault: /uncaught: Error: broken/ },
  ],
  ['an error in the console', { script: 'console.error("broken")', fault: /console: broken/ }],
  [
    'a request to another host',
    {
      script: 'fetch("http://localhost:9").catch(() => undefined)',
      fault: /request to http:\/\/localhost:9/,
    },
  ],
  ['a missing file', { html: '<img alt="" src="/missing.png">', fault: /response 404 for \/missing.png/ }],
  ['a failure of the server', { script: 'fetch("/api/broken")', fault: /response 500 for \/api\/broken/ }],
  ['an outage without an end', { script: 'fetch("/api/down")', fault: /response 503 for \/api\/down/ }],
];

const STATUSES: Readonly<Record<string, number>> = { '/api/broken': 500, '/api/down': 503 };

(hasChromium ? describe : describe.skip)('the browser of the tests', () => {
  let browser: TestBrowser;
  let server: Server;
  let url: string;
  let shown: { html?: string; script?: string };

  beforeAll(async () => {
    browser = await TestBrowser.launch();
    server = createServer((request, response) => {
      if (request.url === '/')
        return response
          .setHeader('Content-Type', 'text/html')
          .setHeader('Content-Security-Policy', POLICY)
          .end(`${PAGE}${shown.html ?? ''}<script src="/script.js"></script></main></body></html>`);
      if (request.url === '/script.js')
        return response.setHeader('Content-Type', 'text/javascript').end(shown.script);
      if (request.url === '/api/busy') return response.setHeader('Retry-After', '1').writeHead(503).end();
      return response.writeHead(STATUSES[request.url ?? ''] ?? 404).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => browser.closeVisits());
  afterAll(async () => {
    await browser.close();
    server.close();
  });

  it.each(FAULTS)('records %s', async (_, { fault, ...contents }) => {
    shown = contents;
    await browser.open(url);
    const recorded: string[] = [];
    await until(
      () => recorded.push(...browser.faults.take()) > 0 && recorded.some((each) => fault.test(each)),
      {
        timeoutMs: 10_000,
        state: () => recorded.join('\n'),
      },
    );
  });

  it('records nothing of a page that does nothing wrong, nor of its inspection by axe', async () => {
    shown = { script: 'fetch("/api/missing"); fetch("/api/busy")' };
    const page = await browser.open(url);
    expect(await axeViolations(page)).toEqual([]);
    expect(await browser.closeVisits()).toEqual([]);
  });

  it('finds what axe complains about', async () => {
    shown = { html: '<img src="data:,">' };
    const page = await browser.open(url);
    expect(await axeViolations(page)).toEqual([expect.stringContaining('image-alt')]);
  });
});
