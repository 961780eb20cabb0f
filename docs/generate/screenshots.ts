import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { pathTo } from './project.ts';

const PICTURE = 'docs/images/console.png';

/** Whoever reads the README on a telephone downloads it. */
const MAX_BYTES = 200_000;

const BROWSER = '/usr/bin/chromium';
const SIZE = { width: 1280, height: 680 };

const data = mkdtempSync(join(tmpdir(), 'incidents-screenshots-'));
// PostgreSQL does not run as root: its account must be able to enter the directory.
chmodSync(data, 0o755);
const environment = {
  PATH: process.env['PATH'],
  DATA_DIR: data,
  PORT: '0',
  LOG_FORMAT: 'json',
  SHUTDOWN_DELAY: '0',
};

function start(...args: readonly string[]) {
  const [program, ...others] = args;
  const child = spawn(process.execPath, [fileURLToPath(pathTo(`dist/src/${program}`)), ...others], {
    env: environment,
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  return { child, closed: once(child, 'close'), output: () => output };
}

/** The URL of the api, once it listens. */
async function urlOf({ child, closed, output }: ReturnType<typeof start>): Promise<string> {
  for (;;) {
    const url = /listening on (http:\/\/[^\s"]+)/.exec(output())?.[1];
    if (url !== undefined) return url;
    await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data'), closed]);
    if (child.exitCode !== null) throw new Error(output());
  }
}

async function takePicture(url: string): Promise<Buffer> {
  const browser = await chromium.launch({ executablePath: BROWSER });
  try {
    const context = await browser.newContext({ viewport: SIZE, locale: 'en-GB', colorScheme: 'light' });
    await context.request.post(`${url}/api/v1/session`, {
      headers: { Origin: url },
      data: { access_key: 'key' },
    });
    const inProgress = await context.request.get(`${url}/api/v1/incidents?status=IN_PROGRESS&limit=200`);
    const incidents = (await inProgress.json()) as readonly {
      readonly id: number;
      readonly version: number;
    }[];
    // The one with the longest history.
    const [shown] = incidents.toSorted((one, other) => other.version - one.version);
    const page = await context.newPage();
    await page.goto(`${url}/incidents/${shown!.id}?tab=all`);
    // The list, the history and the stream are there.
    await page.locator('[data-incident]').nth(10).waitFor();
    await page.locator('.history li').first().waitFor();
    await page.locator('.connection').waitFor({ state: 'detached' });
    return await page.screenshot();
  } finally {
    await browser.close();
  }
}

const api = start('main.js');
try {
  const url = await urlOf(api);
  const demo = start('main.cli.js', 'demo');
  const [code] = (await demo.closed) as [number];
  if (code !== 0) throw new Error(demo.output());
  const picture = await takePicture(url);
  if (picture.length > MAX_BYTES)
    throw new Error(`The picture has ${picture.length} bytes, and may have ${MAX_BYTES}.`);
  writeFileSync(pathTo(PICTURE), picture);
  process.stdout.write(`Wrote ${PICTURE} (${picture.length} bytes)\n`);
} finally {
  api.child.kill('SIGTERM');
  await api.closed;
  rmSync(data, { recursive: true, force: true });
}
