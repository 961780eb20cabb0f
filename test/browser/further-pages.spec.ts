import type { Page } from 'playwright-core';
import { aSite, hasChromium, type Visitor } from '../support/browser.js';
import { KEY } from '../support/key.js';
import { aKeyPair } from '../support/signed-requests.js';
import { until } from '../support/until.js';

const ADMIN: Visitor = { accessKey: KEY };

/** The row of a table that has this text in its first cell. */
const rowOf = (page: Page, text: string) =>
  page.locator('tbody tr').filter({ has: page.locator('th', { hasText: text }) });

(hasChromium ? describe : describe.skip)('the further pages of the console', () => {
  const site = aSite();
  /** The secret of a new key. */
  const aKey = async (name: string, role: string, canImpersonate = false) => {
    const key = { name, role, can_impersonate: canImpersonate };
    return ((await site.send('POST', '/api/v1/keys', key)) as { secret: string }).secret;
  };
  const report = (description: string, others: object = {}) =>
    site.send('POST', '/api/v1/incidents', { description, source: 'operator', ...others });
  const confirm = (page: Page, name: string) =>
    page.getByRole('dialog').getByRole('button', { name }).click();

  it('are those that the role may see, in the navigation and by their address', async () => {
    const pagesOf = async (accessKey: string) => {
      const page = await site.open('/', { accessKey });
      const links = page.getByRole('navigation').first().getByRole('link');
      await links.first().waitFor();
      return links.allInnerTexts();
    };
    expect(await pagesOf(await aKey('a-reader', 'reader'))).toEqual([
      'Statistics',
      'Heartbeats',
      'Consumers',
      'Wall',
    ]);
    const operator = await aKey('an-operator', 'operator');
    expect(await pagesOf(operator)).toEqual([
      'Statistics',
      'Quarantine',
      'Policies',
      'Heartbeats',
      'Consumers',
      'Wall',
    ]);
    expect(await pagesOf(KEY)).toContain('Access keys');
    const page = await site.open('/keys', { accessKey: operator });
    await page.getByText('There is no such page.').waitFor();
  });

  it('show statistics by source, channel, assignee and week', async () => {
    await report('Till 1');
    const { id } = await report('Till 2', { source: 'partner' });
    await site.send('PATCH', `/api/v1/incidents/${id}`, { assignee: 'telegram:7 Boris' });
    const page = await site.open('/statistics', ADMIN);
    await rowOf(page, 'partner').waitFor();
    for (const [by, key] of [
      ['channel', 'API'],
      ['assignee', 'Boris'],
      ['assignee', 'nobody'],
      ['week', '20'],
      ['source', 'operator'],
    ] as const) {
      await page.locator('select[name=by]').selectOption(by);
      await rowOf(page, key).first().waitFor();
    }
    const { groups } = await site.send('GET', '/api/v1/statistics?by=source');
    const operator = groups.find(({ key }: { key: string }) => key === 'operator');
    expect(await rowOf(page, 'operator').locator('td').first().innerText()).toBe(String(operator.reported));
    // Both are untaken or were, and were reported within this hour or the one before.
    await page.getByRole('table', { name: 'Untaken now' }).waitFor({ state: 'attached' });
  });

  it('create a policy, change only what was changed, and delete it', async () => {
    const page = await site.open('/policies', ADMIN);
    await page.getByRole('button', { name: 'New policy' }).click();
    await page.getByLabel('Scope').fill('partner');
    // A source has nobody on duty.
    await until(async () => (await page.getByLabel('On duty').count()) === 0);
    await page.getByLabel('Scope').fill('tg:-7');
    await page.getByLabel('Take within').fill('2 hours');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByText('take_within must be').waitFor();
    await page.getByLabel('Take within').fill('2h');
    await page.getByLabel('Reminders before an escalation').fill('3');
    await page.getByRole('button', { name: 'Save' }).click();
    await rowOf(page, 'tg:-7').getByText('2h').waitFor();
    // Somebody else changes it while the form is open.
    await rowOf(page, 'tg:-7').getByRole('button', { name: 'Change' }).click();
    await site.send('PATCH', '/api/v1/policies/tg:-7', { on_duty: '@boris' });
    await page.getByLabel('Take within').fill('');
    await page.getByLabel('Quiet hours').fill('22:00-08:00 Europe/Moscow');
    await page.getByRole('button', { name: 'Save' }).click();
    await rowOf(page, 'tg:-7').getByText('@boris').waitFor();
    expect(await site.send('GET', '/api/v1/policies/tg:-7')).toMatchObject({
      take_within: null,
      escalate_after: 3,
      on_duty: '@boris',
      quiet_hours: '22:00-08:00 Europe/Moscow',
    });
    await rowOf(page, 'tg:-7').getByRole('button', { name: 'Delete' }).click();
    await confirm(page, 'Delete');
    await page.getByText('Nothing here.').waitFor();
  });

  it('create a heartbeat, show its ping URL once, and show its incident', async () => {
    const page = await site.open('/heartbeats', { ...ADMIN, timezoneId: 'Europe/Moscow' });
    await page.getByRole('button', { name: 'New heartbeat' }).click();
    await page.getByLabel('Name').fill('nightly-export');
    expect(await page.getByLabel('Time zone').inputValue()).toBe('Europe/Moscow');
    await page.getByLabel('At', { exact: true }).fill('30 6 * *');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('dialog').getByText('at must be a cron expression').waitFor();
    await page.getByLabel('At', { exact: true }).fill('30 6 * * *');
    await page.getByRole('button', { name: 'Save' }).click();
    const field = page.getByRole('dialog').getByLabel('Ping URL of nightly-export');
    const url = await field.inputValue();
    await page.getByRole('button', { name: 'Close' }).click();
    await rowOf(page, 'nightly-export').getByText('06:30').first().waitFor();
    await rowOf(page, 'nightly-export').getByText('Europe/Moscow').first().waitFor();
    expect((await fetch(`${url}/fail`)).status).toBe(200);
    await page.reload();
    await rowOf(page, 'nightly-export').getByText('failed').waitFor();
    await rowOf(page, 'nightly-export').getByRole('link', { name: '#' }).waitFor();
    await rowOf(page, 'nightly-export').getByRole('button', { name: 'New ping URL' }).click();
    await confirm(page, 'New ping URL');
    expect(await page.getByRole('dialog').getByLabel('Ping URL of').inputValue()).not.toBe(url);
    expect((await fetch(url)).status).toBe(404);
    await page.getByRole('button', { name: 'Close' }).click();
    await rowOf(page, 'nightly-export').getByRole('button', { name: 'Delete' }).click();
    await confirm(page, 'Delete');
    await page.getByText('Nothing here.').waitFor();
  });

  it('keep a dialog that is opened at the moment when another one closes', async () => {
    const page = await site.open('/policies', ADMIN);
    await page.getByRole('button', { name: 'New policy' }).click();
    await page.getByLabel('Scope').fill('partner');
    await page.evaluate(`
      const open = [...document.querySelectorAll('button')].find(({ textContent }) => textContent === 'New policy');
      new MutationObserver((_, observer) => {
        if (document.querySelector('dialog')) return;
        observer.disconnect();
        open.click();
      }).observe(document.body, { childList: true, subtree: true });`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await until(async () => (await page.getByLabel('Scope').inputValue()) === '');
    // The event of the first one's closing arrives before the next frames.
    await page.evaluate(
      'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
    );
    expect(await page.getByLabel('Scope').isVisible()).toBe(true);
  });

  it('let an operator read policies, and change those of chats with a key that can impersonate', async () => {
    await site.send('PUT', '/api/v1/policies/tg:-1', { take_within: '5m' });
    await site.send('PUT', '/api/v1/policies/monitoring', { take_within: '5m' });
    const reading = await site.open('/policies', { accessKey: await aKey('olga', 'operator') });
    await rowOf(reading, 'monitoring').waitFor();
    await reading.getByText('may read policies').waitFor();
    expect(await reading.getByRole('button', { name: /Change|Delete|New policy/ }).count()).toBe(0);
    const changing = await site.open('/policies', { accessKey: await aKey('a-bot', 'operator', true) });
    await rowOf(changing, 'tg:-1').getByRole('button', { name: 'Change' }).waitFor();
    expect(await rowOf(changing, 'monitoring').getByRole('button').count()).toBe(0);
  });

  it('create a key and a link by which a colleague signs in once, end the sessions, and revoke the key', async () => {
    const page = await site.open('/keys', ADMIN);
    await page.getByRole('button', { name: 'New key' }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('maria kim');
    await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
    await page.getByRole('dialog').getByText('name must be').waitFor();
    await page.getByRole('textbox', { name: 'Name' }).fill('maria');
    await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
    expect(await page.getByRole('textbox', { name: 'The key of maria' }).inputValue()).toMatch(/^inc_\d+_/);
    await confirm(page, 'Close');
    expect(await page.content()).not.toMatch(/inc_\d+_/);

    await rowOf(page, 'maria').getByRole('button', { name: 'Sign-in link' }).click();
    await confirm(page, 'Sign-in link');
    const link = await page.getByRole('textbox', { name: 'Sign-in link for maria' }).inputValue();
    expect(link).toMatch(new RegExp(`^${site.url}/sign-in#`));
    await confirm(page, 'Close');
    const path = link.slice(site.url.length);
    const colleague = await site.open(path);
    await colleague.getByRole('button', { name: 'Menu' }).getByText('maria').waitFor();
    expect(colleague.url()).not.toContain('#');
    const stranger = await site.open(path);
    await stranger.getByText('This sign-in link is not valid any more.').waitFor();

    await rowOf(page, 'maria').getByRole('button', { name: 'End sessions' }).click();
    await confirm(page, 'End sessions');
    await page.getByText('The sessions of maria have ended.').waitFor();
    await until(async () => {
      await colleague.reload();
      return (await colleague.getByLabel('Access key').count()) > 0;
    });

    await rowOf(page, 'maria').getByRole('button', { name: 'Webhook secret' }).click();
    await page.getByLabel('Webhook secret', { exact: true }).fill('with space');
    await confirm(page, 'Save');
    await page.getByRole('dialog').getByText('webhook_secret must be').waitFor();
    await page.getByLabel('Webhook secret', { exact: true }).fill('shared-with-grafana');
    await confirm(page, 'Save');
    await rowOf(page, 'maria').getByRole('button', { name: 'Webhook secret ✓' }).waitFor();

    await rowOf(page, 'maria').getByRole('button', { name: 'Rotate' }).click();
    await confirm(page, 'Rotate');
    await page.getByRole('textbox', { name: 'The key of maria' }).waitFor();
    await confirm(page, 'Close');
    await until(async () => (await rowOf(page, 'maria').count()) === 2);
    await rowOf(page, 'maria').first().getByRole('button', { name: 'Revoke' }).click();
    await confirm(page, 'Revoke');
    await until(async () => (await rowOf(page, 'maria').count()) === 1);
    await page.getByLabel('Show revoked and expired keys').check();
    await rowOf(page, 'maria').getByText('revoked').waitFor();
  });

  it('create keys for programs that sign, and replace a public key by another one', async () => {
    const page = await site.open('/keys', ADMIN);
    const create = async (name: string, fill: () => Promise<void>) => {
      await page.getByRole('button', { name: 'New key' }).click();
      await page.getByRole('textbox', { name: 'Name' }).fill(name);
      await fill();
      await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
    };
    await create('signer', () => page.getByLabel('Signed requests only').check());
    await page.getByRole('textbox', { name: 'The key of signer' }).waitFor();
    await confirm(page, 'Close');
    await rowOf(page, 'signer').getByText('Signed requests only').waitFor();
    expect(await rowOf(page, 'signer').getByRole('button', { name: 'Sign-in link' }).count()).toBe(0);

    const publicKey = page.getByRole('textbox', { name: 'Public key' });
    await create('exporter', () => publicKey.fill('no key'));
    await page.getByRole('dialog').getByText('public_key must be').waitFor();
    await publicKey.fill(aKeyPair().pem);
    await page.getByRole('dialog').getByRole('button', { name: 'New key' }).click();
    await rowOf(page, 'exporter').getByText('Signed requests only').waitFor();
    expect(await page.getByRole('dialog').count()).toBe(0);
    await rowOf(page, 'exporter').getByRole('button', { name: 'Rotate' }).click();
    await publicKey.fill(aKeyPair().base64);
    await confirm(page, 'Rotate');
    await until(async () => (await rowOf(page, 'exporter').count()) === 2);
  });

  it('show, retry and dismiss quarantined messages, one or many', async () => {
    const bot = await aKey('quarantining-bot', 'operator', true);
    const quarantine = async (payload: string, n: number) => {
      const response = await fetch(`${site.url}/api/v1/quarantine`, {
        method: 'POST',
        headers: {
          'X-Access-Key': bot,
          'X-Channel': 'telegram',
          'X-Actor': 'telegram:7 Anna',
          'Idempotency-Key': `message-${n}`,
          'Content-Type': 'application/json',
        },
        body: JSON.stringify({ payload, reason: 'the API has failed on it' }),
      });
      expect(response.status).toBe(201);
    };
    await quarantine('{"description": "Till 3 \u{202E}is dead", "source": "operator"}', 1);
    for (const n of [2, 3, 4]) await quarantine('no report <b data-hostile>', n);
    const page = await site.open('/quarantine', ADMIN);
    await rowOf(page, 'message-1').getByRole('button', { name: 'Show' }).click();
    const payload = page.getByRole('dialog').locator('pre');
    await payload.getByText('Till 3 ⟨U+202E⟩is dead').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Bytes' }).click();
    await payload.getByText('000000  7b 22 64 65').waitFor();
    await page.keyboard.press('Escape');

    await rowOf(page, 'message-1').getByRole('button', { name: 'Retry' }).click();
    await page.getByText('Accepted: 1').waitFor();
    await page.getByLabel('Select message 2').check();
    await page.getByRole('button', { name: 'Retry 1' }).click();
    await page.getByText('Message 2: ').waitFor();
    await page.getByLabel('Select all').check();
    await page.getByRole('button', { name: 'Dismiss 3' }).click();
    await confirm(page, 'Dismiss');
    await page.getByText('Dismissed: 3').waitFor();
    await page.getByText('Nothing here.').waitFor();
    await page.locator('select[name=state]').selectOption('all');
    await rowOf(page, 'message-4').getByText('by admin').waitFor();
  });

  it('show who reads the feed and how far behind, and whether the service is well', async () => {
    await site.send('PUT', '/api/v1/consumers/mailer', { position: 'oldest' });
    const page = await site.open('/consumers', ADMIN);
    await rowOf(page, 'mailer').waitFor();
    expect(Number(await rowOf(page, 'mailer').locator('td').first().innerText())).toBeGreaterThan(0);
    await page.getByText('up', { exact: true }).first().waitFor();
    await page.getByText('Memory').waitFor();
    await rowOf(page, 'mailer').getByRole('button', { name: 'Delete' }).click();
    await confirm(page, 'Delete');
    await until(async () => (await rowOf(page, 'mailer').count()) === 0);
    const reading = await site.open('/consumers', { accessKey: await aKey('looking', 'reader') });
    await reading.getByText('up', { exact: true }).first().waitFor();
    expect(await reading.getByRole('button', { name: 'Delete' }).count()).toBe(0);
    expect(await reading.getByText('Memory').count()).toBe(0);
  });

  it('have a wall that shows counts and the oldest untaken incidents, and follows them by itself', async () => {
    const page = await site.open('/wall', ADMIN);
    const untaken = page.locator('[data-count=untaken] dd');
    await untaken.waitFor();
    const before = Number(await untaken.innerText());
    expect(await page.getByRole('banner').isVisible()).toBe(false);
    await report('Nobody has seen this one', { urgent: true });
    await until(async () => Number(await untaken.innerText()) === before + 1);
    // Readable from four metres: a letter of 4 % of the height of a screen with 32 inches is 16 mm high.
    const heightOf = (selector: string) =>
      page
        .locator(selector)
        .first()
        .evaluate((element) => Number.parseFloat((globalThis as any).getComputedStyle(element).fontSize));
    expect(await heightOf('.wall-row')).toBeGreaterThan(0.04 * 900);
    expect(await heightOf('.wall-count dd')).toBeGreaterThan(0.1 * 900);
  });

  it('say that the service does not answer, and load again on request', async () => {
    const page = await site.open('/policies', ADMIN);
    await rowOf(page, 'monitoring').waitFor();
    await page.context().setOffline(true);
    await rowOf(page, 'monitoring').getByRole('button', { name: 'Delete' }).click();
    await confirm(page, 'Delete');
    await page.getByRole('dialog').getByText('The service does not answer.').waitFor();
    await page.context().setOffline(false);
    await confirm(page, 'Delete');
    await until(async () => (await rowOf(page, 'monitoring').count()) === 0);
  });
});
