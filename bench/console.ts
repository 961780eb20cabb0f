import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Contender, KEY } from './contender.ts';
import { interruption } from './interruption.ts';

const PROGRAM = '/usr/bin/chromium';

/** Reports whose way to the page is measured. Urgent ones come first in the list, so all of them are on this tall screen. */
const REPORTS = 40;
const TALL = { width: 1440, height: 2_400 };
const USUAL = { width: 1440, height: 900 };
const EVENTS_PER_SECOND = 50;
const EVENT_SECONDS = 60;
const KEY_PRESSES = 200;
/** How far the list is scrolled in each frame, in pixels, and in how many frames. */
const SCROLLED_PX = 400;
const SCROLLED_FRAMES = 120;
const TIMEOUT_MS = 60_000;

/** What the console costs its users. */
export interface ConsoleResults {
  /** The page, its script and its style sheet, with their headers. */
  readonly startBytes: number;
  /** From the navigation to the first rows of a list of 10,000 incidents, in milliseconds. */
  readonly listMs: number;
  /** From the request of a report to its row, in milliseconds. */
  readonly reportMs: { readonly p50: number; readonly p95: number };
  /** The heap of the page before and after a minute with 50 events a second, each after a garbage collection. */
  readonly heapBytes: { readonly before: number; readonly after: number };
  /** The longest task of the page, in milliseconds; browsers report those from 50 ms on: 0 if all were shorter. */
  readonly longestTaskMs: { readonly keys: number; readonly scrolling: number; readonly events: number };
}

/** Why the machine cannot run the console; undefined if it can. */
export const whyNoBrowser = (): string | undefined =>
  existsSync(PROGRAM) ? undefined : "Debian's package chromium is not installed";

/** Measures the console of this service, whose incidents are all untaken. */
export async function measureConsole(contender: Contender): Promise<ConsoleResults> {
  const browser = await chromium.launch({ executablePath: PROGRAM });
  try {
    // The first visit only makes the service compile its hot code.
    await measureStart(await visit(browser, contender), contender);
    const page = await visit(browser, contender);
    const { startBytes, listMs } = await measureStart(page, contender);
    const reportMs = await measureReports(page, contender);
    await page.setViewportSize(USUAL);
    const keys = await longestTask(page, () => pressKeys(page));
    const scrolling = await longestTask(page, () => scroll(page));
    await page.setViewportSize(TALL);
    const before = await heapOf(page);
    const events = await longestTask(page, () => sendEvents(page, contender));
    const heapBytes = { before, after: await heapOf(page) };
    return { startBytes, listMs, reportMs, heapBytes, longestTaskMs: { keys, scrolling, events } };
  } finally {
    await browser.close();
  }
}

/** A page of a person who is signed in, and whose browser has nothing in its cache. */
async function visit(browser: Browser, { url }: Contender): Promise<Page> {
  const context = await browser.newContext({ viewport: TALL });
  context.setDefaultTimeout(TIMEOUT_MS);
  const response = await context.request.post(`${url}/api/v1/session`, {
    headers: { Origin: url },
    data: { access_key: KEY },
  });
  if (!response.ok()) throw new Error(`cannot sign in: ${response.status()} ${await response.text()}`);
  return context.newPage();
}

/** Runs in the page: notes when each row appears, and the longest task. */
const NOTE_ROWS = `
  globalThis.rows = { shown: {}, first: undefined };
  new MutationObserver(() => {
    for (const { dataset } of document.querySelectorAll('[data-incident]')) {
      rows.first ??= performance.now();
      rows.shown[dataset.incident] ??= Date.now();
    }
  }).observe(document, { subtree: true, childList: true });
  globalThis.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longestTask = Math.max(longestTask, duration);
  }).observe({ type: 'longtask' });`;

/** Runs in the page: scrolls by so many pixels in each of so many frames, and back to the top. */
const SCROLL = `(async () => {
  for (let frame = 0; frame < ${SCROLLED_FRAMES}; frame++) {
    document.querySelector('.list').scrollBy(0, ${SCROLLED_PX});
    await new Promise(requestAnimationFrame);
  }
  document.querySelector('.list').scrollTop = 0;
})()`;

async function measureStart(page: Page, { url }: Contender) {
  const files: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    if (!['document', 'script', 'stylesheet'].includes(request.resourceType())) return;
    files.push(
      request
        .sizes()
        .then(({ responseBodySize, responseHeadersSize }) => responseBodySize + responseHeadersSize),
    );
  });
  await page.addInitScript(NOTE_ROWS);
  await page.goto(url);
  await page.waitForSelector('[data-incident]');
  const listMs = await page.evaluate<number>('rows.first');
  const startBytes = (await Promise.all(files)).reduce((sum, size) => sum + size, 0);
  return { startBytes, listMs };
}

async function measureReports(page: Page, contender: Contender): Promise<ConsoleResults['reportMs']> {
  const latencies: number[] = [];
  for (let sent = 0; sent < REPORTS; sent++) {
    interruption.throwIfAborted();
    const at = Date.now();
    const id = await report(contender);
    await page.waitForSelector(`[data-incident="${id}"]`, { state: 'attached' });
    latencies.push((await page.evaluate<number>(`rows.shown[${id}]`)) - at);
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  const percentile = (share: number) => sorted[Math.ceil(sorted.length * share) - 1]!;
  return { p50: percentile(0.5), p95: percentile(0.95) };
}

/** The duration of the longest task during an activity, in milliseconds. */
async function longestTask(page: Page, activity: () => Promise<unknown>): Promise<number> {
  await page.evaluate('longestTask = 0');
  await activity();
  // The observer is called after the task.
  await page.evaluate('new Promise((resolve) => setTimeout(resolve, 200))');
  return page.evaluate<number>('longestTask');
}

async function pressKeys(page: Page): Promise<void> {
  for (let pressed = 0; pressed < KEY_PRESSES; pressed++) await page.keyboard.press('j');
}

const scroll = (page: Page): Promise<unknown> => page.evaluate(SCROLL);

async function sendEvents(page: Page, contender: Contender): Promise<void> {
  for (let second = 0; second < EVENT_SECONDS; second++) {
    interruption.throwIfAborted();
    const nextSecond = sleep(1_000);
    for (let sent = 0; sent < EVENTS_PER_SECOND; sent++) {
      const path = `/api/v1/incidents/${1 + ((second * EVENTS_PER_SECOND + sent) % 100)}`;
      await requireSuccess(contender.request('PATCH', path, JSON.stringify({ description_append: 'x' })));
    }
    await nextSecond;
  }
  // Its event is the last one.
  await page.waitForSelector(`[data-incident="${await report(contender)}"]`, { state: 'attached' });
}

async function heapOf(page: Page): Promise<number> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('HeapProfiler.collectGarbage');
  return (await cdp.send('Runtime.getHeapUsage')).usedSize;
}

async function report(contender: Contender): Promise<number> {
  const body = JSON.stringify({
    description: 'A report that somebody waits for',
    source: 'operator',
    urgent: true,
  });
  const response = await requireSuccess(contender.request('POST', '/api/v1/incidents', body));
  return ((await response.json()) as { id: number }).id;
}

async function requireSuccess(sent: Promise<Response>): Promise<Response> {
  const response = await sent;
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response;
}
