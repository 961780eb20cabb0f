import { existsSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { aDatabase, type TestDatabase } from './databases.js';
import { KEY } from './key.js';
import { PageFaults } from './page-faults.js';
import { killLeftovers, run, type Run } from './processes.js';

const PROGRAM = '/usr/bin/chromium';

/** Whether this machine has Debian's chromium; CI requires it. */
export const hasChromium = process.env['CI'] === 'true' || existsSync(PROGRAM);

if (!hasChromium)
  process.stdout.write("Tests in a browser are skipped: Debian's package chromium is not installed.\n");

/** Screens on which pages are used. */
export const DEVICES = {
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1440, height: 900 } },
} as const satisfies Record<string, BrowserContextOptions>;

/** Whether a combination of alternatives is tested: all are, in CI every other one, so that each pair of alternatives still is. */
export const isTested = (...indexes: readonly number[]): boolean =>
  process.env['CI'] !== 'true' || indexes.reduce((sum, index) => sum + index) % 2 === 0;

/** Each screen in each language and theme, as a title and the options of `open`. */
export const APPEARANCES = Object.entries(DEVICES).flatMap(([device, screen], deviceIndex) =>
  ['en-GB', 'ru-RU'].flatMap((locale, localeIndex) =>
    (['light', 'dark'] as const)
      .filter((_, index) => isTested(deviceIndex, localeIndex, index))
      .map(
        (colorScheme) =>
          [`${device}, ${locale}, ${colorScheme}`, { ...screen, locale, colorScheme }] as const,
      ),
  ),
);

/** Who opens a page, and on what. */
export interface Visitor extends BrowserContextOptions {
  /** Signs in before the page opens; without it nobody is signed in. */
  readonly accessKey?: string;
}

/** A chromium, in which each visitor has cookies and storage of its own. */
export class TestBrowser {
  /** What the pages did that no page may do, since the last call of `closeVisits`. */
  readonly faults = new PageFaults();
  private readonly contexts = new Set<BrowserContext>();

  private constructor(private readonly browser: Browser) {}

  static async launch(): Promise<TestBrowser> {
    return new TestBrowser(await chromium.launch({ executablePath: PROGRAM }));
  }

  /** Opens a page. More tabs of the same visitor: `page.context().newPage()`. */
  async open(url: string, { accessKey, ...options }: Visitor = {}): Promise<Page> {
    const { origin } = new URL(url);
    const context = await this.browser.newContext({
      ...DEVICES.desktop,
      locale: 'en-GB',
      timezoneId: 'UTC',
      ...options,
    });
    this.contexts.add(context);
    await this.faults.watch(context, origin);
    if (accessKey !== undefined) await signIn(context, origin, accessKey);
    const page = await context.newPage();
    await page.goto(url);
    return page;
  }

  /** Closes all pages, and returns their faults. */
  async closeVisits(): Promise<readonly string[]> {
    const pages = [...this.contexts].flatMap((context) => context.pages());
    // What a page has reported arrives before its answer.
    await Promise.all(pages.map((page) => page.evaluate(() => undefined)));
    await Promise.all([...this.contexts].map((context) => context.close()));
    this.contexts.clear();
    return this.faults.take();
  }

  async close(): Promise<void> {
    await this.browser.close();
  }
}

/** The built service with a database of its own, and a browser. */
export interface Site {
  readonly url: string;
  readonly database: TestDatabase;
  readonly browser: TestBrowser;
  /** Opens the page at a path of the service. */
  open(path: string, visitor?: Visitor): Promise<Page>;
  /** Sends a request to the API with the key of an admin, and JSON if given. Rejects for a response that is not 2xx. */
  send(method: string, path: string, json?: unknown): Promise<any>;
}

/**
 * Starts the service and a browser for all tests of a `describe`, and stops them afterwards. Each test begins without open pages.
 * A test fails if a page of it broke its content security policy, threw or logged an error, or sent a request to another host.
 */
export function aSite(environment: Record<string, string> = {}): Site {
  const started = {} as { url: string; api: Run; database: TestDatabase; browser: TestBrowser };
  beforeAll(async () => {
    started.database = await aDatabase();
    started.api = run('api', { DATABASE_URL: started.database.url, X_ACCESS_KEY: KEY, ...environment });
    [started.url, started.browser] = await Promise.all([started.api.ready(), TestBrowser.launch()]);
  });
  afterEach(async () => {
    const faults = await started.browser.closeVisits();
    // The service writes to its log why it failed.
    if (faults.length > 0)
      throw new Error(`${faults.join('\n')}\nThe log of the service:\n${started.api.output()}`);
  });
  afterAll(async () => {
    await started.browser?.close();
    await killLeftovers();
    await started.database?.drop();
  });
  return {
    get url() {
      return started.url;
    },
    get database() {
      return started.database;
    },
    get browser() {
      return started.browser;
    },
    open: (path, visitor) => started.browser.open(started.url + path, visitor),
    send: async (method, path, json) => {
      const response = await fetch(started.url + path, {
        method,
        headers: { 'X-Access-Key': KEY, ...(json !== undefined && { 'Content-Type': 'application/json' }) },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

async function signIn(context: BrowserContext, origin: string, accessKey: string): Promise<void> {
  const response = await context.request.post(`${origin}/api/v1/session`, {
    headers: { Origin: origin },
    data: { access_key: accessKey },
  });
  if (!response.ok()) throw new Error(`cannot sign in: ${response.status()} ${await response.text()}`);
}
