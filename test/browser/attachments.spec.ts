import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { axeViolations } from '../support/axe.js';
import { APPEARANCES, aSite, DEVICES, hasChromium } from '../support/browser.js';
import { aForm, type FormFile } from '../support/forms.js';
import { KEY } from '../support/key.js';
import { aNetwork } from '../support/network.js';
import { transfer } from '../support/transfers.js';
import { until } from '../support/until.js';

const SIGNED_IN = { accessKey: KEY };

const MEBIBYTE = 1024 * 1024;

const aPicture = (width = 60, height = 40) =>
  sharp({ create: { width, height, channels: 3, background: { r: 200, g: 30, b: 30 } } })
    .png()
    .toBuffer();

/** A tenth of a second of silence. */
function aSound(): Buffer {
  const format = Buffer.from('1000000001000100401f0000401f000001000800', 'hex');
  const [size, length] = [Buffer.from('44030000', 'hex'), Buffer.from('20030000', 'hex')];
  const [riff, wave, data] = ['RIFF', 'WAVEfmt ', 'data'].map((name) => Buffer.from(name));
  return Buffer.concat([riff!, size, wave!, format, data!, length, Buffer.alloc(800, 128)]);
}

const HEIC = Buffer.concat([
  Buffer.from('00000018667479706865696300000000', 'hex'),
  Buffer.from('heicmif1'),
  Buffer.alloc(100),
]);

/** It begins like an image, and is none. */
const BROKEN_IMAGE = Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), Buffer.from('<html>')]);

const HOSTILE_NAMES = [
  '<img src=x onerror="window.hostile = true">.png',
  '\u{202E}gnp.exe \u{2066}مرحبا.png',
  `${'𝓦'.repeat(60)}.png`,
  `${'a'.repeat(250)}.png`,
  '../../etc/passwd',
  '" onmouseover="window.hostile = true',
];

const file = (name: string, bytes: Buffer | string) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(bytes),
});

(hasChromium ? describe : describe.skip)('the attachments of an incident', () => {
  const site = aSite();
  let picture: Buffer;
  let id: number;

  const report = async (description: string): Promise<number> =>
    (await site.send('POST', '/api/v1/incidents', { description, source: 'operator' })).id;
  const attach = async (incident: number, ...files: readonly FormFile[]) => {
    const response = await fetch(`${site.url}/api/v1/incidents/${incident}/attachments`, {
      method: 'POST',
      headers: { 'X-Access-Key': KEY },
      body: aForm(files),
    });
    expect(response.status).toBe(201);
  };
  const namesOf = async (incident: number): Promise<string[]> => {
    const path = `/api/v1/incidents/${incident}/attachments`;
    const attachments: { name: string }[] = await site.send('GET', path);
    return attachments.map(({ name }) => name);
  };
  const bytesOf = async (incident: number, number: number) => {
    const headers = { 'X-Access-Key': KEY };
    const url = `${site.url}/api/v1/incidents/${incident}/attachments/${number}`;
    return Buffer.from(await (await fetch(url, { headers })).arrayBuffer());
  };
  const open = (more: object = {}) => site.open(`/incidents/${id}`, { ...SIGNED_IN, ...more });
  const inputOf = (page: Page) => page.locator('.attachments input[type=file]').first();
  const thumbnail = (page: Page, name: string) =>
    page.locator('.thumbnail').getByAltText(name, { exact: true });
  const isShown = (page: Page, name: string) =>
    until(() => thumbnail(page, name).evaluate((image: any) => image.complete && image.naturalWidth > 0));

  beforeAll(async () => (picture = await aPicture()));
  beforeEach(async () => (id = await report('The display is dark')));

  it('are chosen by a button, and appear in another tab at once', async () => {
    const page = await open();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.locator('.attachments').waitFor();
    await inputOf(page).setInputFiles([file('photo.png', picture), file('printer.log', '10:41 stopped')]);
    for (const tab of [page, other]) {
      await thumbnail(tab, 'photo.png').waitFor();
      await isShown(tab, 'photo.png');
      await tab.getByRole('link', { name: 'printer.log' }).first().waitFor();
    }
    await page.locator('.upload').first().waitFor({ state: 'detached' });
    expect(await namesOf(id)).toEqual(['photo.png', 'printer.log']);
    expect((await bytesOf(id, 1)).equals(picture)).toBe(true);
  });

  it('cost no request where there are none', async () => {
    const page = await open();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.reload();
    await page.locator('.history li').first().waitFor();
    expect(requests.filter((path) => path.endsWith('/attachments'))).toEqual([]);
  });

  it('are pasted as images anywhere, also into the text that is being typed, which stays', async () => {
    const page = await open();
    const field = page.getByPlaceholder('What is new?');
    await field.fill('half a sen');
    await transfer(field, 'paste', [{ name: 'image.png', type: 'image/png', bytes: picture }]);
    await thumbnail(page, 'image.png').waitFor();
    expect(await field.inputValue()).toBe('half a sen');
    // Cells of a table come with a picture of them.
    const texts = { 'text/plain': 'a\tb', 'text/html': '<table></table>' };
    await transfer(field, 'paste', [{ name: 'cells.png', type: 'image/png', bytes: picture }], texts);
    await transfer(field, 'paste', [{ name: 'next.png', type: 'image/png', bytes: picture }]);
    await thumbnail(page, 'next.png').waitFor();
    // The search is no part of the incident.
    const search = page.getByRole('searchbox');
    await transfer(search, 'paste', [{ name: 'search.png', type: 'image/png', bytes: picture }]);
    await transfer(page.locator('body'), 'paste', [{ name: 'page.png', type: 'image/png', bytes: picture }]);
    await thumbnail(page, 'page.png').waitFor();
    expect(await namesOf(id)).toEqual(['image.png', 'next.png', 'page.png']);
  });

  it('are dropped anywhere on the page, which says where they go', async () => {
    const page = await open();
    await page.locator('.attachments').waitFor();
    const list = page.locator('.list-pane');
    const dropped = [{ name: 'dropped.png', bytes: picture }];
    await transfer(list, 'dragover', dropped);
    await page.getByText(`Drop the files to attach them to #${id}`).waitFor();
    await transfer(list, 'drop', dropped);
    await thumbnail(page, 'dropped.png').waitFor();
    await page.locator('.drop-target').waitFor({ state: 'detached' });
    // Behind a dialog, nothing is attached.
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await transfer(page.getByRole('dialog'), 'drop', [{ name: 'behind.png', bytes: picture }]);
    await page.keyboard.press('Escape');
    await transfer(list, 'drop', [{ name: 'after.png', bytes: picture }]);
    await thumbnail(page, 'after.png').waitFor();
    expect(await namesOf(id)).toEqual(['dropped.png', 'after.png']);
  });

  it('are sent with a new report, in one request', async () => {
    const page = await site.open('/?tab=all', SIGNED_IN);
    await page.locator('[data-incident]').first().waitFor();
    const requests: string[] = [];
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (request.method() === 'POST') requests.push(pathname);
    });
    await transfer(page.locator('.list-pane'), 'drop', [{ name: 'dropped.png', bytes: picture }]);
    const dialog = page.getByRole('dialog');
    const text = dialog.getByLabel('What is broken?');
    await text.fill('The door does not close');
    await transfer(text, 'paste', [{ name: 'pasted.png', type: 'image/png', bytes: picture }]);
    const input = dialog.locator('input[type=file]').first();
    await input.setInputFiles([file('chosen.txt', 'text'), file('wrong.txt', 'text')]);
    await dialog.getByRole('button', { name: 'Remove wrong.txt' }).click();
    await text.press('Control+Enter');
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.toast').getByRole('button', { name: 'Open' }).click();
    await thumbnail(page, 'pasted.png').waitFor();
    const shown = Number(await page.locator('[data-open-incident]').getAttribute('data-open-incident'));
    expect(await namesOf(shown)).toEqual(['dropped.png', 'pasted.png', 'chosen.txt']);
    expect(requests).toEqual(['/api/v1/incidents']);
  });

  it('are refused with a reason, and the text of the report stays', async () => {
    const page = await site.open('/', SIGNED_IN);
    await page.locator('.new-report').click();
    const dialog = page.getByRole('dialog');
    const text = dialog.getByLabel('What is broken?');
    await text.fill('The picture is broken');
    const input = dialog.locator('input[type=file]').first();
    await input.setInputFiles([file('good.png', picture), file('bad.jpg', BROKEN_IMAGE)]);
    await text.press('Control+Enter');
    await dialog.getByText('bad.jpg: The image cannot be read').waitFor();
    expect(await text.inputValue()).toBe('The picture is broken');
    await dialog.getByRole('button', { name: 'Remove bad.jpg' }).click();
    await text.press('Control+Enter');
    await dialog.waitFor({ state: 'detached' });
    const [newest] = await site.send('GET', '/api/v1/incidents?limit=1&sort=-created_at');
    expect(newest.description).toBe('The picture is broken');
    expect(await namesOf(newest.id)).toEqual(['good.png']);
  });

  it('are refused with a reason although the dialog of the report was closed meanwhile', async () => {
    const page = await site.open('/', SIGNED_IN);
    const released = Promise.withResolvers<void>();
    await page.route('**/api/v1/incidents', async (route) => {
      if (route.request().method() === 'POST') await released.promise;
      await route.continue();
    });
    await page.locator('.new-report').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What is broken?').fill('The picture is broken');
    await dialog
      .locator('input[type=file]')
      .first()
      .setInputFiles([file('bad.jpg', BROKEN_IMAGE)]);
    await page.keyboard.press('Control+Enter');
    await dialog.getByRole('button', { name: 'Sending' }).waitFor();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    const help = dialog.getByRole('heading', { name: 'Keys' });
    await help.waitFor();
    released.resolve();
    const toast = page.locator('.toast', { hasText: 'bad.jpg: The image cannot be read' });
    await toast.waitFor();
    expect(await help.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await toast.getByRole('button', { name: 'Open' }).click();
    await dialog.getByRole('button', { name: 'Remove bad.jpg' }).waitFor();
    expect(await dialog.getByLabel('What is broken?').inputValue()).toBe('The picture is broken');
  });

  it('are refused one by one, and the others are attached', async () => {
    const page = await open();
    await inputOf(page).setInputFiles([file('bad.jpg', BROKEN_IMAGE), file('good.png', picture)]);
    await thumbnail(page, 'good.png').waitFor();
    const row = page.locator('.upload', { hasText: 'bad.jpg' });
    await row.getByText('The image cannot be read: it is broken, or has too many pixels.').waitFor();
    await row.getByRole('button', { name: 'Do not attach bad.jpg' }).click();
    await row.waitFor({ state: 'detached' });
    expect(await namesOf(id)).toEqual(['good.png']);
  });

  it('are attached once the network is back, and once only if an answer is lost', async () => {
    const network = await aNetwork(site.url);
    try {
      const page = await site.browser.open(`${network.url}/incidents/${id}`, SIGNED_IN);
      await page.locator('.attachments').waitFor();
      network.loseAnswerTo(`POST /api/v1/incidents/${id}/attachments`);
      await inputOf(page).setInputFiles([file('lost-answer.png', picture)]);
      await thumbnail(page, 'lost-answer.png').waitFor();
      await page.locator('.upload').waitFor({ state: 'detached' });
      network.lose();
      await inputOf(page).setInputFiles([file('offline.png', picture)]);
      await page.getByText('no answer yet: it will be sent again').waitFor();
      network.restore();
      await thumbnail(page, 'offline.png').waitFor();
      expect(await namesOf(id)).toEqual(['lost-answer.png', 'offline.png']);
    } finally {
      await network.close();
    }
  });

  it('ask before the page is left while they are not sent', async () => {
    const page = await site.open('/', SIGNED_IN);
    await page.locator('.new-report').click();
    await page
      .getByRole('dialog')
      .locator('input[type=file]')
      .first()
      .setInputFiles([file('photo.png', picture)]);
    await page.getByText('This browser stores your text, but no files').waitFor();
    await page.getByLabel('What is broken?').fill('It is dark');
    const asked = page.waitForEvent('dialog');
    const leaving = page.reload();
    const question = await asked;
    expect(question.type()).toBe('beforeunload');
    await question.accept();
    await leaving;
    await page.locator('.new-report').click();
    expect(await page.getByLabel('What is broken?').inputValue()).toBe('It is dark');
    expect(await page.locator('.upload').count()).toBe(0);
  });

  it('are looked at one after the other by keys, and the history leads to them', async () => {
    await attach(id, { name: '1.png', bytes: picture }, { name: '2.png', bytes: picture });
    await attach(id, { name: 'IMG.HEIC', bytes: HEIC });
    const page = await open();
    await thumbnail(page, '1.png').click();
    const dialog = page.getByRole('dialog');
    const isTitled = (title: string) => dialog.getByRole('heading', { name: title, exact: true }).waitFor();
    const requireFocusOn = (element: Locator) =>
      until(() => element.evaluate((each: any) => each === each.ownerDocument.activeElement));
    await isTitled('1.png');
    await dialog.getByAltText('1.png').waitFor();
    await page.keyboard.press('ArrowRight');
    await isTitled('2.png');
    await page.keyboard.press('ArrowRight');
    await isTitled('IMG.HEIC');
    await dialog.getByText('Browsers do not show this format: download the file.').waitFor();
    await dialog.getByRole('link', { name: 'Download' }).waitFor();
    // The keys of the page do nothing behind it.
    for (const key of ['j', 't', 'u', 'n', '?']) await page.keyboard.press(key);
    await page.keyboard.press('ArrowRight');
    await isTitled('1.png');
    await page.keyboard.press('ArrowLeft');
    await isTitled('IMG.HEIC');
    // Faster than the page is drawn.
    const press = `dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight' }));`;
    await page.evaluate(press + press);
    await isTitled('2.png');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await requireFocusOn(page.locator('.thumbnail').first());
    expect(new URL(page.url()).pathname).toBe(`/incidents/${id}`);
    expect(await site.send('GET', `/api/v1/incidents/${id}`)).toMatchObject({ status: 'NEW', urgent: false });
    const link = page.locator('.event-attached').getByRole('link', { name: '2.png' });
    await link.click();
    await isTitled('2.png');
    const original = dialog.getByRole('link', { name: 'Original' });
    expect(await original.getAttribute('href')).toBe(`/api/v1/incidents/${id}/attachments/2`);
    await dialog.getByRole('button', { name: 'Close' }).click();
    await dialog.waitFor({ state: 'detached' });
    await requireFocusOn(link);
  });

  it('are played if they are sound, under the policy of the page', async () => {
    await attach(id, { name: 'voice.wav', bytes: aSound() });
    const page = await open();
    const player = page.locator('.files audio');
    await player.waitFor();
    await player.evaluate((audio: any) => {
      audio.preload = 'auto';
      audio.load();
    });
    await until(() => player.evaluate((audio: any) => audio.readyState >= 2));
  });

  it('are offered to those who may read, and buttons to those who may attach', async () => {
    await attach(id, { name: '1.png', bytes: picture });
    const { secret } = await site.send('POST', '/api/v1/keys', { name: 'reader-of-files', role: 'reader' });
    const page = await site.open(`/incidents/${id}`, { accessKey: secret });
    await isShown(page, '1.png');
    expect(await page.locator('.file-buttons').count()).toBe(0);
    await transfer(page.locator('.attachments'), 'drop', [{ name: 'dropped.png', bytes: picture }]);
    expect(await page.locator('.upload').count()).toBe(0);
  });

  it('come from the camera of a phone', async () => {
    const page = await open(DEVICES.phone);
    await page.getByRole('button', { name: 'Take a photo' }).waitFor();
    const camera = page.locator('.attachments input[capture]');
    expect(await camera.getAttribute('accept')).toBe('image/*');
    await camera.setInputFiles([file('camera.png', picture)]);
    await thumbnail(page, 'camera.png').waitFor();
    const desktop = await open();
    await desktop.locator('.attachments').waitFor();
    expect(await desktop.getByRole('button', { name: 'Take a photo' }).isVisible()).toBe(false);
  });

  it.each(Object.entries(DEVICES))('have names that are text, however hostile: %s', async (_, screen) => {
    for (const name of HOSTILE_NAMES)
      await attach(id, { name, bytes: picture }, { name: `${name}.txt`, bytes: 'text' });
    const page = await open(screen);
    await page
      .locator('.files li')
      .nth(HOSTILE_NAMES.length - 1)
      .waitFor();
    const requireText = async () => {
      const found = await page.evaluate(() => {
        const { document, hostile } = globalThis as any;
        const { scrollWidth, clientWidth } = document.documentElement;
        return {
          hostile,
          handlers: document.querySelectorAll('[onerror], [onmouseover]').length,
          isTooWide: scrollWidth > clientWidth,
        };
      });
      expect(found).toEqual({ hostile: undefined, handlers: 0, isTooWide: false });
    };
    await requireText();
    await page.locator('.thumbnail').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('img').waitFor();
    for (let n = 0; n < 2 * HOSTILE_NAMES.length; n++) {
      await requireText();
      await page.keyboard.press('ArrowRight');
    }
  });

  it.each(APPEARANCES)('have no axe violations: %s', async (_, appearance) => {
    await attach(id, { name: '1.png', bytes: picture }, { name: 'voice.wav', bytes: aSound() });
    await attach(id, { name: 'IMG.HEIC', bytes: HEIC }, { name: 'notes.txt', bytes: 'text' });
    const page = await open(appearance);
    await isShown(page, '1.png');
    await inputOf(page).setInputFiles([file('bad.jpg', BROKEN_IMAGE)]);
    await page.locator('.upload.failed').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await thumbnail(page, '1.png').click();
    await page.getByRole('dialog').locator('img').waitFor();
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('n');
    await page
      .getByRole('dialog')
      .locator('input[type=file]')
      .first()
      .setInputFiles([file('photo.png', picture)]);
    await page.getByRole('dialog').locator('.upload').waitFor();
    expect(await axeViolations(page)).toEqual([]);
  });
});

(hasChromium ? describe : describe.skip)('attachments beyond a limit', () => {
  const site = aSite({ ATTACHMENTS_DAILY_MIB: '1' });

  it('say which limit it is, and stay until they are attached or cancelled', async () => {
    const { id } = await site.send('POST', '/api/v1/incidents', { description: 'x', source: 'operator' });
    const page = await site.open(`/incidents/${id}`, SIGNED_IN);
    const large = [file('long.bin', Buffer.alloc(2 * MEBIBYTE)), file('short.bin', Buffer.alloc(100))];
    await page.locator('.attachments input[type=file]').first().setInputFiles(large);
    const row = (name: string) => page.locator('.upload', { hasText: name });
    await row('long.bin').getByText('This is more than your key may still attach today.').waitFor();
    await page.locator('.attachments').getByRole('link', { name: 'short.bin' }).waitFor();
    const refused = page.waitForResponse((response) => response.status() === 429);
    await row('long.bin').getByRole('button', { name: 'Try again to attach long.bin' }).click();
    await refused;
    await row('long.bin').getByText('This is more than your key may still attach today.').waitFor();
    const attached = await site.send('GET', `/api/v1/incidents/${id}/attachments`);
    expect(attached).toMatchObject([{ name: 'short.bin' }]);
    await row('long.bin').getByRole('button', { name: 'Do not attach long.bin' }).click();
    await row('long.bin').waitFor({ state: 'detached' });
  });
});
