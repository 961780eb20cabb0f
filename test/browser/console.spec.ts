import type { Page } from 'playwright-core';
import { axeViolations } from '../support/axe.js';
import { APPEARANCES, aSite, DEVICES, hasChromium } from '../support/browser.js';
import { KEY } from '../support/key.js';
import { pressRussian } from '../support/russian-keys.js';
import { until } from '../support/until.js';

const SIGNED_IN = { accessKey: KEY };

(hasChromium ? describe : describe.skip)('the console', () => {
  const site = aSite();
  const rowOf = (page: Page, id: number) => page.locator(`[data-incident="${id}"]`);
  const toastOf = (page: Page) => page.locator('.toast').last();

  const report = async (description: string, more: object = {}): Promise<number> => {
    const { id } = await site.send('POST', '/api/v1/incidents', { description, source: 'operator', ...more });
    return id;
  };

  /** The access key of a new operator. */
  const operator = async (name: string): Promise<string> =>
    (await site.send('POST', '/api/v1/keys', { name, role: 'operator' })).secret;

  it('signs a person in with an access key, shows the list, and signs out', async () => {
    const id = await report('Самокат #42 оффлайн');
    const page = await site.open('/');
    await page.getByLabel('Access key').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('This access key is not valid.').waitFor();
    await page.getByLabel('Access key').fill(KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await rowOf(page, id).waitFor();
    expect(
      await page.evaluate('JSON.stringify([localStorage, sessionStorage, location.href])'),
    ).not.toContain(KEY);
    await page.getByRole('button', { name: 'Menu' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Access key').waitFor();
    await page.reload();
    await page.getByLabel('Access key').waitFor();
  });

  it('takes, resolves, reopens and closes an incident by keys under a Russian layout', async () => {
    const id = await report('Не открывается замок');
    const page = await site.open(`/incidents/${id}`, SIGNED_IN);
    const statusIs = (status: string) =>
      page.locator('.incident-head .status', { hasText: status }).waitFor();
    await statusIs('new');
    for (const [code, status, stored] of [
      ['KeyT', 'in progress', 'IN_PROGRESS'],
      ['KeyR', 'resolved', 'RESOLVED'],
      ['KeyO', 'in progress', 'IN_PROGRESS'],
      ['KeyR', 'resolved', 'RESOLVED'],
      ['KeyC', 'closed', 'CLOSED'],
    ] as const) {
      await pressRussian(page, code);
      await statusIs(status);
      await until(async () => (await site.send('GET', `/api/v1/incidents/${id}`)).status === stored);
    }
  });

  it('never takes typing for keys', async () => {
    const id = await report('Typing');
    const page = await site.open(`/incidents/${id}`, SIGNED_IN);
    await rowOf(page, id).waitFor();
    await page.keyboard.press('a');
    const field = page.getByPlaceholder('What is new?');
    await until(() => field.evaluate((element) => element === element.ownerDocument.activeElement));
    await page.keyboard.type('trocahud?/');
    expect(await field.inputValue()).toBe('trocahud?/');
    await page.keyboard.press('Control+Enter');
    await page.locator('.history .user-text', { hasText: 'trocahud?/' }).waitFor();
    expect(await field.inputValue()).toBe('');
    expect((await site.send('GET', `/api/v1/incidents/${id}`)).status).toBe('NEW');
  });

  it('moves on in the list, with the incident beside it', async () => {
    const [first, second] = [await report('Moves 1'), await report('Moves 2')];
    const page = await site.open('/?tab=all&q=Moves', SIGNED_IN);
    await rowOf(page, second).click();
    await page.locator('.description', { hasText: 'Moves 2' }).waitFor();
    await page.keyboard.press('j');
    // At once: the key is for the row that is selected now.
    await page.keyboard.press('t');
    await page.locator('.description', { hasText: 'Moves 1' }).waitFor();
    await until(async () => (await site.send('GET', `/api/v1/incidents/${first}`)).status === 'IN_PROGRESS');
    expect((await site.send('GET', `/api/v1/incidents/${second}`)).status).toBe('NEW');
    expect(new URL(page.url()).pathname).toBe(`/incidents/${first}`);
    await page.goBack();
    await page.locator('.incident').waitFor({ state: 'detached' });
  });

  it('undoes what was done last', async () => {
    const id = await report('Undo me');
    const page = await site.open(`/incidents/${id}`, SIGNED_IN);
    await page.locator('[data-action="take"]').click();
    await until(async () => (await site.send('GET', `/api/v1/incidents/${id}`)).assignee !== null);
    await page.locator('body').press('z');
    await until(async () => (await site.send('GET', `/api/v1/incidents/${id}`)).assignee === null);
    await toastOf(page).getByText(`#${id}: undone`).waitFor();
  });

  it('tells the second of two people who take the same incident what happened', async () => {
    const id = await report('Two people');
    const [anna, boris] = [await operator('Anna'), await operator('Boris')];
    const first = await site.open(`/incidents/${id}`, { accessKey: anna });
    const second = await site.open(`/incidents/${id}`, { accessKey: boris });
    await second.locator('[data-action="take"]').waitFor();
    await second.route('**/api/v1/incidents/*', async (route) => {
      // He decides before her change arrives; his request comes later.
      if (route.request().method() === 'PATCH') await taken;
      await route.continue();
    });
    const taken = (async () => {
      await first.locator('[data-action="take"]').click();
      await until(async () => (await site.send('GET', `/api/v1/incidents/${id}`)).assignee === 'Anna');
    })();
    await second.locator('[data-action="take"]').click();
    await toastOf(second).getByText('Anna').waitFor();
    // It rolls back to what is true.
    await second.locator('.facts', { hasText: 'Anna' }).waitFor();
    expect((await site.send('GET', `/api/v1/incidents/${id}`)).assignee).toBe('Anna');
  });

  it('shows a report by itself, in the list and in the counts', async () => {
    const page = await site.open('/?tab=all', SIGNED_IN);
    await page.locator('[data-incident]').first().waitFor();
    await until(async () => (await page.locator('.connection').count()) === 0);
    const count = () => page.locator('.tab-all .tab-count').textContent().then(Number);
    await until(async () => (await count()) > 0);
    const before = await count();
    const id = await report('It just happened', { urgent: true });
    await rowOf(page, id).waitFor();
    expect(await count()).toBe(before + 1);
  });

  it('changes many at once, and lists each refusal', async () => {
    const ids = [await report('Bulk a'), await report('Bulk b'), await report('Bulk c')];
    const page = await site.open('/?tab=all&q=Bulk', SIGNED_IN);
    await rowOf(page, ids[0]!).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.keyboard.press('Shift+J');
    await page.keyboard.press('Shift+J');
    await page.getByText('3 selected').waitFor();
    await site.send('PATCH', `/api/v1/incidents/${ids[1]}`, { status: 'CLOSED', via: 'shortest' });
    await rowOf(page, ids[1]!).locator('.status', { hasText: 'closed' }).waitFor();
    await page.keyboard.press('t');
    await page.locator('.toast.refused li', { hasText: `#${ids[1]}` }).waitFor();
    for (const id of [ids[0], ids[2]]) {
      await until(async () => (await site.send('GET', `/api/v1/incidents/${id}`)).status === 'IN_PROGRESS');
    }
  });

  it('keeps its view in the URL', async () => {
    const id = await report('A partner reports', { source: 'partner' });
    const page = await site.open('/', SIGNED_IN);
    await page.getByRole('link', { name: /^All/ }).click();
    await page.getByLabel('Source').selectOption('partner');
    await page.getByLabel('Search the descriptions').fill('partner rep');
    await until(() => page.url().endsWith('/?tab=all&source=partner&q=partner+rep'));
    await rowOf(page, id).waitFor();
    expect(await page.locator('[data-incident]').count()).toBe(1);
    const shared = await site.open(new URL(page.url()).pathname + new URL(page.url()).search, SIGNED_IN);
    await rowOf(shared, id).waitFor();
    expect(await shared.locator('[data-incident]').count()).toBe(1);
  });

  it('shows hostile texts as texts', async () => {
    const text = `<img src=x onerror="document.title='hacked'">\u202Egnp.exe ${'x'.repeat(9_000)} https://a.example/<b>`;
    const id = await report(text, { dedup_key: '<b>' });
    await site.send('PATCH', `/api/v1/incidents/${id}`, { assignee: '<i>' });
    const page = await site.open(`/incidents/${id}?tab=all`, { ...SIGNED_IN, ...DEVICES.phone });
    const description = page.locator('.description');
    await description.waitFor();
    expect(await description.textContent()).toBe(text);
    expect(await description.locator('a').getAttribute('href')).toBe('https://a.example/');
    expect(await page.title()).toBe('Incidents');
    expect(await widthOf(page)).toBeLessThanOrEqual(390);
  });

  it('can be used on a phone with a thumb', async () => {
    const id = await report('На телефоне');
    const page = await site.open('/?tab=all', { ...SIGNED_IN, ...DEVICES.phone, locale: 'ru-RU' });
    await rowOf(page, id).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('ru');
    expect(await widthOf(page)).toBeLessThanOrEqual(390);
    expect(await smallTargets(page)).toEqual([]);
    await rowOf(page, id).tap();
    await page.locator('.facts').waitFor();
    expect(await widthOf(page)).toBeLessThanOrEqual(390);
    expect(await smallTargets(page)).toEqual([]);
    await page.getByRole('button', { name: 'Взять' }).tap();
    await until(async () => (await site.send('GET', `/api/v1/incidents/${id}`)).status === 'IN_PROGRESS');
    await page.getByRole('button', { name: 'К списку' }).tap();
    await rowOf(page, id).waitFor();
  });

  it.each(APPEARANCES)('has no axe violations: %s', async (_, appearance) => {
    const id = await report('https://a.example Проверка', { urgent: true, origin: 'tg:-1001:2' });
    await site.send('PATCH', `/api/v1/incidents/${id}`, { description_append: 'More' });
    const signIn = await site.open('/', appearance);
    await signIn.locator('form').waitFor();
    expect(await axeViolations(signIn)).toEqual([]);
    const page = await site.open('/?tab=all', { ...SIGNED_IN, ...appearance });
    await rowOf(page, id).waitFor();
    await page.locator('.row input').first().check();
    expect(await axeViolations(page)).toEqual([]);
    await page.goto(`${site.url}/incidents/${id}`);
    await page.locator('.history li').nth(1).waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });

  it('has no axe violations in its dialogs', async () => {
    const id = await report('Dialogs');
    const page = await site.open(`/incidents/${id}`, SIGNED_IN);
    await page.locator('.history li').waitFor();
    for (const key of ['n', '?', 'h', 'd']) {
      await page.keyboard.press(key);
      await page.locator('dialog[open]').waitFor();
      expect(await axeViolations(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
    }
  });

  it('stays where a person has scrolled to when a report appears, wherever the selected row is', async () => {
    for (let reported = 0; reported < 40; reported++) await report('Касса не печатает');
    const page = await site.open('/?tab=untaken', { accessKey: KEY });
    const list = page.locator('.list');
    await page.locator('[data-incident]').first().waitFor();
    // As soon as the row shows as selected, before the next frame.
    await list.evaluate(async (element: any) => {
      element.dispatchEvent(
        new element.ownerDocument.defaultView.KeyboardEvent('keydown', {
          code: 'KeyJ',
          key: 'j',
          bubbles: true,
        }),
      );
      while (!element.querySelector('[aria-selected=true]')) await Promise.resolve();
      element.scrollTo(0, element.scrollHeight);
    });
    // The newest is the last one.
    const id = await report('Касса не включается');
    await rowOf(page, id).waitFor();
    expect(await list.evaluate((element: any) => element.scrollTop)).toBeGreaterThan(0);
  });
});

const widthOf = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth');

/** What can be tapped and is smaller than a finger: links within texts are as high as their line. */
const smallTargets = (page: Page) =>
  page.evaluate<
    string[]
  >(`[...document.querySelectorAll('button, select, textarea, input, .tab, .row, .brand')]
    .map((element) => element.matches('[type=checkbox], [type=radio]') ? element.closest('label') : element)
    .filter((element) => element.checkVisibility())
    .map((element) => [element.outerHTML.slice(0, 80), element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 44 || height < 44)
    .map(([html, { width, height }]) => html + ' ' + width + ' x ' + height)`);
