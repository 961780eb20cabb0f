import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { Registry } from 'prom-client';
import { FileInterrupted } from '../../../src/chat/core/api/file-form.js';
import { BotConfig } from '../../../src/chat/telegram/bot-config.js';
import { FileUnavailable, TelegramFiles } from '../../../src/chat/telegram/files/telegram-files.js';
import { BotHealth } from '../../../src/chat/telegram/operations/bot-health.js';
import { BotMetrics } from '../../../src/chat/telegram/operations/bot-metrics.js';
import { TelegramApi } from '../../../src/chat/telegram/telegram-api.js';
import { ShutdownError } from '../../../src/shared/shutdown-error.js';
import { TestTelegram, TOKEN } from '../../support/telegram.js';
import { until } from '../../support/until.js';

describe('a file that is with Telegram', () => {
  let telegram: TestTelegram;
  let stop: AbortController;
  let files: TelegramFiles;

  const add = (bytes: Buffer) => {
    const { file_id: id, file_unique_id: uniqueId, file_size: size } = telegram.files.add(bytes);
    return { id, uniqueId, name: 'a.bin', size };
  };
  const readAll = (bytes: AsyncIterable<Uint8Array>) => buffer(bytes);

  beforeEach(async () => {
    telegram = await TestTelegram.start();
    stop = new AbortController();
    const config = Object.assign(new BotConfig(), {
      TELEGRAM_BOT_TOKEN: TOKEN,
      TELEGRAM_API_ROOT: telegram.url,
    });
    const metrics = new BotMetrics(new Registry(), new BotHealth());
    files = new TelegramFiles(new TelegramApi(config), config, metrics, stop.signal);
  });
  afterEach(() => telegram.stop());

  it('is read byte by byte, in chunks', async () => {
    const bytes = randomBytes(3_000_000);
    const { name, bytes: chunks } = await files.open(add(bytes));
    expect(name).toBe('a.bin');
    expect((await readAll(chunks)).equals(bytes)).toBe(true);
  });

  it('is not requested if it is larger than Telegram gives', async () => {
    const file = add(Buffer.alloc(20 * 1024 * 1024 + 1));
    await expect(files.open(file)).rejects.toMatchObject({ reason: 'too_large' });
    expect(telegram.requests).toEqual([]);
    await expect(files.open({ ...file, size: undefined })).rejects.toMatchObject({ reason: 'too_large' });
    expect(telegram.requests).toHaveLength(1);
  });

  it('is given up after five refusals', async () => {
    const refused = files.open({ id: 'gone', uniqueId: 'gone', name: 'a', size: 1 });
    await expect(refused).rejects.toBeInstanceOf(FileUnavailable);
    expect(telegram.requests).toHaveLength(5);
  }, 30_000);

  it('is requested for as long as Telegram answers nothing else than failures', async () => {
    const body = { ok: false, error_code: 502, description: 'Bad Gateway' };
    telegram.fail('getFile', { times: 5, status: 502, body });
    const bytes = randomBytes(10);
    const { bytes: chunks } = await files.open(add(bytes));
    expect((await readAll(chunks)).equals(bytes)).toBe(true);
    expect(telegram.requests).toHaveLength(6);
  }, 60_000);

  it('can be read again where the connection breaks off', async () => {
    const file = add(randomBytes(2_000_000));
    telegram.files.interrupt(1);
    const { bytes } = await files.open(file);
    const failure = await readAll(bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileInterrupted);
    expect((failure as Error).message).not.toContain(TOKEN);
    expect(await readAll((await files.open(file)).bytes)).toHaveLength(2_000_000);
  });

  it('is left for the next start if the bot is stopped, and its connection ends when it is closed', async () => {
    const file = add(randomBytes(5_000_000));
    const opened = await files.open(file);
    opened.close();
    await expect(readAll(opened.bytes)).rejects.toBeInstanceOf(FileInterrupted);

    telegram.fail('getFile', { times: 1_000, status: 502, body: { ok: false, error_code: 502 } });
    const waiting = files.open(file).catch((error: unknown) => error);
    await until(() => telegram.requests.length > 1);
    stop.abort();
    expect(await waiting).toBeInstanceOf(ShutdownError);
  });
});
