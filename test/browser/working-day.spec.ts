import type { Page } from 'playwright-core';
import { aSite, hasChromium } from '../support/browser.js';
import { pressRussian } from '../support/russian-keys.js';
import { until } from '../support/until.js';

/** The keys of a keyboard by what the American layout has on them. */
const LAYOUTS = [
  [
    'American',
    (page: Page, code: string, shift = false) => page.keyboard.press(shift ? `Shift+${code}` : code),
  ],
  ['Russian', (page: Page, code: string, shift = false) => pressRussian(page, code, { shift })],
] as const;

(hasChromium ? describe : describe.skip)('a dispatcher', () => {
  const site = aSite();

  const operator = async (name: string): Promise<{ id: number; secret: string }> =>
    site.send('POST', '/api/v1/keys', { name, role: 'operator' });
  const report = async (description: string): Promise<number> =>
    (await site.send('POST', '/api/v1/incidents', { description, source: 'operator' })).id;

  it.each(LAYOUTS)(
    'works a whole day by keyboard alone, under a layout that is %s',
    async (layout, press) => {
      const { secret } = await operator(`elena-${layout}`);
      const twin = await report(`The till does not print (${layout})`);
      const page = await site.open('/', { accessKey: secret });
      const key = (code: string, shift?: boolean) => press(page, code, shift);
      const { keyboard } = page;
      const stored = (id: number) => site.send('GET', `/api/v1/incidents/${id}`);
      const is = (id: number, expected: object) =>
        until(async () => {
          const incident = await stored(id);
          return Object.entries(expected).every(([name, value]) => incident[name] === value);
        });
      const dialog = page.getByRole('dialog');
      /** Types into the field that has the focus. */
      const typed = async (text: string) => {
        await until(() => page.evaluate('/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)'));
        await keyboard.type(text);
      };
      await page.locator(`[data-incident="${twin}"]`).waitFor();

      await key('Slash', true);
      await dialog.waitFor();
      await keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });

      await key('KeyN');
      await typed(`No receipts at till 4 (${layout})`);
      await keyboard.press('Control+Enter');
      await dialog.waitFor({ state: 'detached' });
      await page.locator('[data-incident]', { hasText: `No receipts at till 4 (${layout})` }).waitFor();

      await key('Slash');
      await typed(`(${layout})`);
      await keyboard.press('Enter');
      // The newest is the first of what a search finds.
      await page.locator('[data-incident]:first-child', { hasText: 'No receipts' }).waitFor();
      await key('KeyJ');
      await key('KeyK');
      await keyboard.press('Enter');
      await page.locator('.description', { hasText: 'No receipts' }).waitFor();
      const id = Number(await page.locator('[data-open-incident]').getAttribute('data-open-incident'));

      await key('KeyT');
      await is(id, { status: 'IN_PROGRESS', assignee: `elena-${layout}` });
      await key('KeyU');
      await is(id, { urgent: true });
      await key('KeyA');
      await typed('The paper is stuck');
      await keyboard.press('Control+Enter');
      await page.locator('.history .user-text', { hasText: 'The paper is stuck' }).waitFor();
      await keyboard.press('Escape');
      await key('KeyH');
      await dialog.waitFor();
      await typed('James');
      await keyboard.press('Enter');
      await is(id, { assignee: 'James' });
      await key('KeyZ');
      await is(id, { assignee: `elena-${layout}` });
      await key('KeyL');
      await is(id, { assignee: null, status: 'IN_PROGRESS' });
      await key('KeyT');
      await is(id, { assignee: `elena-${layout}` });
      await key('KeyR');
      await is(id, { status: 'RESOLVED' });
      await key('KeyO');
      await is(id, { status: 'IN_PROGRESS' });
      await key('KeyD');
      await dialog.waitFor();
      await typed(String(twin));
      await keyboard.press('Enter');
      await is(id, { status: 'CLOSED', duplicate_of: twin });
      await keyboard.press('Escape');
      await page.locator('.incident').waitFor({ state: 'detached' });
      expect((await stored(twin)).occurrences).toBe(2);
    },
  );

  it('signs in again after the key was revoked while the page is open, and finds what was typed', async () => {
    const key = await operator('vera');
    const { secret } = await site.send('POST', `/api/v1/keys/${key.id}/rotate`);
    const id = await report('The lift is stuck');
    const page = await site.open(`/incidents/${id}`, { accessKey: key.secret });
    const field = page.getByPlaceholder('What is new?');
    await field.fill('The technician is on the');
    await site.send('POST', `/api/v1/keys/${key.id}/revoke`);
    await page.getByLabel('Access key').waitFor();
    // Nothing of the register is left to see.
    expect(await page.locator('body').textContent()).not.toContain('The lift is stuck');
    await page.getByLabel('Access key').fill(key.secret);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This access key is not valid.').waitFor();
    await page.getByLabel('Access key').fill(secret);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('.description', { hasText: 'The lift is stuck' }).waitFor();
    expect(await field.inputValue()).toBe('The technician is on the');
    expect((await site.send('GET', `/api/v1/incidents/${id}`)).version).toBe(1);
  });
});
