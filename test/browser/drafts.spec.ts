import type { Page } from 'playwright-core';
import { aSite, hasChromium } from '../support/browser.js';
import { KEY } from '../support/key.js';
import { aNetwork, type Network } from '../support/network.js';
import { until } from '../support/until.js';

(hasChromium ? describe : describe.skip)('what somebody types on the page of an incident', () => {
  const site = aSite();
  let network: Network;
  let id: number;

  beforeAll(async () => (network = await aNetwork(site.url)));
  beforeEach(async () => {
    id = (await site.send('POST', '/api/v1/incidents', { description: 'Brake', source: 'operator' })).id;
  });
  // The pages are closed by now.
  afterAll(() => network.close());

  const open = (accessKey = KEY) => site.browser.open(`${network.url}/incidents/${id}`, { accessKey });
  const fieldOf = (page: Page) => page.getByPlaceholder('What is new?');
  const textIs = (page: Page, text: string) => until(async () => (await fieldOf(page).inputValue()) === text);
  const send = (page: Page) => fieldOf(page).press('Control+Enter');
  /** The texts in the history, as the service has them. */
  const lines = async (): Promise<string[]> => {
    const events: { text?: string }[] = await site.send('GET', `/api/v1/incidents/${id}/events`);
    return events.slice(1).flatMap(({ text }) => text ?? []);
  };

  it('survives a reload, and shows in another tab', async () => {
    const page = await open();
    await fieldOf(page).fill('the cable is torn');
    await page.reload();
    await textIs(page, 'the cable is torn');
    const other = await page.context().newPage();
    await other.goto(page.url());
    await textIs(other, 'the cable is torn');
    await send(other);
    await textIs(other, '');
    await textIs(page, '');
    expect(await lines()).toEqual(['the cable is torn']);
  });

  it('survives the end of the session', async () => {
    const { id: keyId, secret } = await site.send('POST', '/api/v1/keys', { name: 'Vera', role: 'operator' });
    const page = await open(secret);
    await fieldOf(page).fill('half a sen');
    await site.send('DELETE', `/api/v1/keys/${keyId}/sessions`);
    await page.getByLabel('Access key').fill(secret);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await textIs(page, 'half a sen');
    await fieldOf(page).pressSequentially('tence');
    await send(page);
    await until(async () => (await lines()).length > 0);
    expect(await lines()).toEqual(['half a sentence']);
  });

  it('is sent once the network is back', async () => {
    const page = await open();
    await fieldOf(page).fill('sent while offline');
    network.lose();
    await send(page);
    await page.locator('.connection').waitFor();
    network.restore();
    await until(async () => (await lines()).length > 0);
    await textIs(page, '');
    expect(await lines()).toEqual(['sent while offline']);
  });

  it('takes effect once if the answer is lost, and the page says so', async () => {
    const page = await open();
    await fieldOf(page).fill('once');
    network.loseAnswerTo('PATCH ');
    await send(page);
    await page.locator('.history .user-text', { hasText: 'once' }).waitFor();
    await textIs(page, '');
    expect(await lines()).toEqual(['once']);
  });

  it('takes effect once if the page is closed before the answer, and the next page says so', async () => {
    const page = await open();
    await fieldOf(page).fill('closed too early');
    network.loseAtAnswerTo('PATCH ');
    await send(page);
    await until(async () => (await lines()).length > 0);
    const context = page.context();
    await page.close();
    network.restore();
    const next = await context.newPage();
    await next.goto(`${network.url}/`);
    await next.locator('.toast', { hasText: `#${id}` }).waitFor();
    await next.goto(`${network.url}/incidents/${id}`);
    await textIs(next, '');
    expect(await lines()).toEqual(['closed too early']);
  });
});
