import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { axeViolations } from '../support/axe.js';
import { aSite, DEVICES, hasChromium, isTested } from '../support/browser.js';
import { aForm } from '../support/forms.js';
import { KEY } from '../support/key.js';
import { run } from '../support/processes.js';
import { until } from '../support/until.js';

/** Each page, and what it shows once it is there. */
const PAGES = [
  ['/?tab=all', '[data-incident]'],
  ['/incidents/1', '.thumbnail img'],
  ['/statistics', '.page-table'],
  ['/quarantine', '.page-table'],
  ['/policies', '.page-table'],
  ['/heartbeats', '.page-table'],
  ['/keys', '.page-table'],
  ['/consumers', '.page-summary dd'],
  ['/wall', '.wall-row'],
] as const;

const VISITS = Object.entries(DEVICES).flatMap(([device, screen], deviceIndex) =>
  ['en-GB', 'ru-RU']
    .filter((_, localeIndex) => isTested(deviceIndex, localeIndex))
    .map((locale) => [device, locale, screen] as const),
);

const IMAGE = { width: 60, height: 40, channels: 3, background: '#c81e1e' } as const;

/** A tag, as those files begin with. Nothing plays it here. */
const MP3 = [...Buffer.from('ID3\x04\0\0\0\0\0\0'), 0xff, 0xfb, 0x90, 0x64, ...Buffer.alloc(600)];

/** Everything that a text can do to a page that is not careful: markup, direction marks, no place to break a line. */
const HOSTILE = [
  '<img src=x onerror="window.hostile = true"><script>window.hostile = true</script><b data-hostile>bold</b>',
  '\u{202E}gnp.exe \u{2066}\u{2067}\u{200F}مرحبا שלום\u{2069}',
  '𝓦'.repeat(5_000),
  'a'.repeat(9_999),
  'Z̸̡̧͓̯̼͎̰͎̈́̈́̓͑̚a̷l̶g̵o̷'.repeat(60),
  'https://example.com/"><script>window.hostile=true</script>?' + 'x'.repeat(2_000),
] as const;

/** Opens a page by its address, and waits for what it shows. */
async function show(page: Page, url: string, path: string, shown: string): Promise<void> {
  await page.goto(url + path);
  await page.locator(shown).first().waitFor();
}

/** What is wider than its place: the page, or a part of it that can be scrolled to the side. The tabs may be, on a phone. */
const overflowOf = (page: Page) =>
  page.evaluate(() => {
    const { document, getComputedStyle } = globalThis as any;
    return [document.documentElement, ...document.querySelectorAll('body *:not(.tabs, input, textarea)')]
      .filter((element: any) => element.scrollWidth > element.clientWidth + 1)
      .filter(
        (element: any) =>
          element === document.documentElement ||
          ['auto', 'scroll'].includes(getComputedStyle(element).overflowX),
      )
      .map((element: any) => `${element.tagName} ${element.className}: ${element.scrollWidth}`);
  });

(hasChromium ? describe : describe.skip)('every page of the console', () => {
  const site = aSite();

  beforeAll(async () => {
    const demo = run('demo', { DATABASE_URL: site.database.url });
    expect(await demo.ended()).toBe(0);
    await site.send('PUT', '/api/v1/heartbeats/nightly-export', {
      at: '30 6 * * 1-5',
      time_zone: 'Europe/Moscow',
    });
    const files = [
      { name: 'photo.png', bytes: await sharp({ create: IMAGE }).png().toBuffer() },
      { name: 'notes.txt', bytes: 'The display is dark' },
      { name: 'voice.mp3', bytes: Buffer.from(MP3) },
    ];
    const attached = await fetch(`${site.url}/api/v1/incidents/1/attachments`, {
      method: 'POST',
      headers: { 'X-Access-Key': KEY },
      body: aForm(files),
    });
    expect(attached.status).toBe(201);
    for (const name of ['anna', 'bot']) await site.send('POST', '/api/v1/keys', { name, role: 'operator' });
  });

  it.each(VISITS)('has no violation of axe on a %s in %s, in light and dark', async (_, locale, screen) => {
    const page = await site.open('/', { ...screen, locale, accessKey: KEY, reducedMotion: 'reduce' });
    const violations: string[] = [];
    for (const [path, shown] of PAGES) {
      await show(page, site.url, path, shown);
      expect(await page.evaluate(() => (globalThis as any).document.documentElement.lang)).toBe(
        locale.slice(0, 2),
      );
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        // Nothing else depends on the theme.
        const rules = colorScheme === 'light' ? undefined : ['color-contrast'];
        for (const violation of await axeViolations(page, rules))
          violations.push(`${path} ${colorScheme}: ${violation}`);
      }
      expect({ path, overflow: await overflowOf(page) }).toEqual({ path, overflow: [] });
    }
    expect(violations).toEqual([]);
  });

  it('has targets for fingers of at least 44 px on a phone', async () => {
    const page = await site.open('/', { ...DEVICES.phone, accessKey: KEY });
    for (const [path, shown] of PAGES) {
      await show(page, site.url, path, shown);
      const small = await page.evaluate(() => {
        const { document } = globalThis as any;
        const targets = document.querySelectorAll('button, select, input:not([type=checkbox], [type=radio])');
        return [...targets]
          .filter((target: any) => target.checkVisibility() && target.getBoundingClientRect().height < 44)
          .map(
            (target: any) => `${target.outerHTML.slice(0, 120)}: ${target.getBoundingClientRect().height}`,
          );
      });
      expect({ path, small }).toEqual({ path, small: [] });
    }
  });

  it.each(Object.entries(DEVICES))(
    'shows hostile texts as texts, within the screen, on a %s',
    async (_, screen) => {
      const ids: number[] = [];
      for (const text of HOSTILE) {
        const { id } = await site.send('POST', '/api/v1/incidents', {
          description: text,
          source: 'operator',
          urgent: true,
        });
        ids.push(id);
        await site.send('PATCH', `/api/v1/incidents/${id}`, { description_append: text });
        const name = [...text].slice(0, 250).join('');
        if (!/[\u{202E}\u{2066}]/u.test(name))
          await site.send('PATCH', `/api/v1/incidents/${id}`, { assignee: name });
        if (!/[\u{202E}\u{2066}]/u.test(name))
          await site.send('PUT', '/api/v1/policies/tg:-7', { on_duty: name });
      }
      const key = `hostile-${ids[0]}`;
      const { secret } = await site.send('POST', '/api/v1/keys', {
        name: key,
        role: 'operator',
        can_impersonate: true,
      });
      for (const [n, text] of HOSTILE.entries())
        await fetch(`${site.url}/api/v1/quarantine`, {
          method: 'POST',
          headers: {
            'X-Access-Key': secret,
            'X-Channel': 'telegram',
            'X-Actor': 'telegram:7 Anna',
            'Idempotency-Key': `${key}-${n}`,
            'Content-Type': 'application/json',
          },
          body: JSON.stringify({ payload: text, reason: [...text].slice(0, 1_000).join('') }),
        });

      const page = await site.open('/', { ...screen, accessKey: KEY });
      const requireText = async (path: string) => {
        const found = await page.evaluate(() => {
          const { document, hostile } = globalThis as any;
          return { hostile, elements: document.querySelectorAll('[data-hostile], [onerror]').length };
        });
        expect({ path, ...found, overflow: await overflowOf(page) }).toEqual({
          path,
          hostile: undefined,
          elements: 0,
          overflow: [],
        });
      };
      for (const [path, shown] of [...PAGES, ...ids.map((id) => [`/incidents/${id}`, '.history'] as const)]) {
        await show(page, site.url, path, shown);
        await requireText(path);
      }
      await show(page, site.url, '/quarantine', '.page-table');
      const dialog = page.getByRole('dialog');
      const count = await page.getByRole('button', { name: 'Show' }).count();
      for (let n = count - HOSTILE.length; n < count; n++) {
        await page.getByRole('button', { name: 'Show' }).nth(n).click();
        await dialog.locator('pre').waitFor();
        await requireText('/quarantine, a payload');
        await page.keyboard.press('Escape');
        await until(async () => (await dialog.count()) === 0);
      }
    },
  );
});
