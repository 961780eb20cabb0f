import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { jest } from '@jest/globals';
import { Registry } from 'prom-client';
import { FileInterrupted } from '../../../src/chat/core/api/file-form.js';
import { BotConfig } from '../../../src/chat/telegram/bot-config.js';
import { FileUnavailable } from '../../../src/chat/telegram/files/file-download.js';
import { TelegramFiles } from '../../../src/chat/telegram/files/telegram-files.js';
import type { MessageFile } from '../../../src/chat/telegram/content/message-files.js';
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
  const open = (file: MessageFile) => files.download(file).open();
  const readAll = (bytes: AsyncIterable<Uint8Array>) => buffer(bytes);

  /** The result of work whose pauses and timeouts pass quickly. */
  const hurried = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    // Only setTimeout is fake: sockets use real time.
    const real = [
      'Date',
      'hrtime',
      'nextTick',
      'performance',
      'queueMicrotask',
      'setImmediate',
      'setInterval',
    ] as const;
    jest.useFakeTimers({ doNotFake: [...real] });
    let isSettled = false;
    const result = work().finally(() => (isSettled = true));
    result.catch(() => undefined);
    await until(() => {
      jest.advanceTimersByTime(200);
      return isSettled;
    });
    jest.useRealTimers();
    return result;
  };

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
  afterEach(async () => {
    jest.useRealTimers();
    await telegram.stop();
  });

  it('is read byte by byte, in chunks', async () => {
    const bytes = randomBytes(3_000_000);
    const { name, bytes: chunks } = await open(add(bytes));
    expect(name).toBe('a.bin');
    expect((await readAll(chunks)).equals(bytes)).toBe(true);
  });

  it('is not requested if it is larger than Telegram gives', async () => {
    const file = add(Buffer.alloc(20 * 1024 * 1024 + 1));
    await expect(open(file)).rejects.toMatchObject({ reason: 'too_large' });
    expect(telegram.requests).toEqual([]);
    await expect(open({ ...file, size: undefined })).rejects.toMatchObject({ reason: 'too_large' });
    expect(telegram.requests).toHaveLength(1);
  });

  it('is given up after five refusals', async () => {
    const refused = { id: 'gone', uniqueId: 'gone', name: 'a', size: 1 };
    await expect(hurried(() => open(refused))).rejects.toBeInstanceOf(FileUnavailable);
    expect(telegram.requests.length).toBeGreaterThanOrEqual(5);
  });

  it('is requested for as long as Telegram answers nothing else than failures', async () => {
    const body = { ok: false, error_code: 502, description: 'Bad Gateway' };
    telegram.fail('getFile', { times: 6, status: 502, body });
    const bytes = randomBytes(10);
    const opened = await hurried(() => open(add(bytes)));
    expect((await readAll(opened.bytes)).equals(bytes)).toBe(true);
  });

  it('can be read again where the connection breaks off', async () => {
    const file = add(randomBytes(2_000_000));
    telegram.files.interrupt(1);
    const { bytes } = await open(file);
    const failure = await readAll(bytes).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(FileInterrupted);
    expect((failure as Error).message).not.toContain(TOKEN);
    expect(await readAll((await open(file)).bytes)).toHaveLength(2_000_000);
  });

  it('is given up where ten downloads break off, since one file must not hold up all messages', async () => {
    const download = files.download(add(randomBytes(1_000)));
    telegram.files.interrupt(10);
    const failures = [];
    for (let n = 1; n <= 10; n++) {
      const { bytes } = await download.open();
      failures.push(await readAll(bytes).catch((error: unknown) => error));
    }
    expect(failures.slice(0, 9)).toEqual(Array(9).fill(expect.any(FileInterrupted)));
    expect(failures[9]).toMatchObject({ reason: 'unavailable' });
  });

  it('is read again where Telegram sends nothing for 30 s', async () => {
    const file = add(randomBytes(100_000));
    telegram.files.stall(1);
    const opened = await open(file);
    const failure = await hurried(() => readAll(opened.bytes).catch((error: unknown) => error));
    opened.close();
    expect(failure).toBeInstanceOf(FileInterrupted);
    expect((failure as Error).message).toBe('the bytes of a file: timed out after 30000 ms');
    expect(await readAll((await open(file)).bytes)).toHaveLength(100_000);
  });

  it('is left for the next start if the bot is stopped, and its connection ends when it is closed', async () => {
    const file = add(randomBytes(5_000_000));
    const opened = await open(file);
    opened.close();
    await expect(readAll(opened.bytes)).rejects.toBeInstanceOf(FileInterrupted);

    telegram.fail('getFile', { times: 1_000, status: 502, body: { ok: false, error_code: 502 } });
    const waiting = open(file).catch((error: unknown) => error);
    await until(() => telegram.requests.length > 1);
    stop.abort();
    expect(await waiting).toBeInstanceOf(ShutdownError);
  });
});
