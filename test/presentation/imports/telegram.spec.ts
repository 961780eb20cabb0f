import { messagesIn } from '../../../src/presentation/imports/telegram-messages.js';
import { aFolder, anImport, rowsOf } from '../../support/import-files.js';

const message = (id: number, more: object) => ({
  id,
  type: 'message',
  date: '2024-05-01T13:00:00',
  date_unixtime: '1714557600',
  from: 'Анна',
  from_id: 'user1',
  ...more,
});

const chatOf = (...messages: unknown[]) =>
  JSON.stringify({ name: 'Дежурные', type: 'private_supergroup', id: 1234, messages }, null, 1);

const REPORT = {
  source: 'operator',
  status: 'NEW',
  actor: 'Анна',
  reportedAt: new Date('2024-05-01T10:00:00Z'),
  origin: 'telegram-export:1234/1',
};

describe('an import of Telegram', () => {
  it('reads texts that are strings, and lists of strings and entities', async () => {
    const content = chatOf(
      message(1, { text: 'Самокат 42' }),
      { id: 2, type: 'service', action: 'join_group_by_link' },
      message(3, { text: ['see ', { type: 'link', text: 'https://a.b' }, '!'] }),
      message(4, { from: null, text: 'of a deleted account' }),
    );
    expect(await rowsOf(await anImport('telegram', content))).toEqual([
      { ...REPORT, description: 'Самокат 42' },
      { ...REPORT, description: 'see https://a.b!', origin: 'telegram-export:1234/3' },
      { ...REPORT, description: 'of a deleted account', origin: 'telegram-export:1234/4', actor: 'import' },
    ]);
  });

  it('reads all chats of an export of an account', async () => {
    const chats = [7, 8].map((id) => ({
      name: 'a',
      type: 'personal_chat',
      id,
      messages: [message(1, { text: `of ${id}` })],
    }));
    const rows = await rowsOf(
      await anImport('telegram', JSON.stringify({ about: '[{"messages": [', chats: { list: chats } })),
    );
    expect(rows).toMatchObject([
      { description: 'of 7', origin: 'telegram-export:7/1' },
      { description: 'of 8', origin: 'telegram-export:8/1' },
    ]);
  });

  it('repairs control characters, which the export writes as no JSON, at any border of chunks', async () => {
    const content = Buffer.from(
      chatOf(message(1, { text: 'A' })).replace('"A"', String.raw`"a\x0Bb \\x0B \"}] \x01"`),
    );
    for (let size = 1; size < 40; size++) {
      const chunks = Array.from({ length: Math.ceil(content.length / size) }, (_, i) =>
        content.subarray(i * size, (i + 1) * size),
      );
      const found: unknown[] = [];
      for await (const { chatId, message: each } of messagesIn(asyncOf(chunks)))
        found.push([chatId, each?.['text']]);
      expect(found).toEqual([['1234', 'a\u000Bb \\x0B "}] \u0001']]);
    }
  });

  it('makes one report of an album, and of no other messages', async () => {
    const photo = (n: number) => ({ photo: `photos/${n}.jpg`, text: '' });
    const content = chatOf(
      message(1, { ...photo(1), text: 'Три фото' }),
      message(2, photo(2)),
      message(3, photo(3)),
      message(4, { ...photo(4), date_unixtime: '1714557601' }),
      message(5, { ...photo(5), from_id: 'user2', date_unixtime: '1714557601' }),
      message(6, { text: 'a text', from_id: 'user2', date_unixtime: '1714557601' }),
    );
    const media = aFolder(Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`photos/${n}.jpg`, `photo ${n}`])));
    const opened = await anImport('telegram', content, { media });
    const files: string[][] = [];
    const texts: string[] = [];
    for await (const row of opened.rows()) {
      if ('rejection' in row) throw new Error(row.rejection);
      texts.push(row.report.description);
      const received = await row.files?.();
      files.push((received?.files ?? []).map(({ name }) => name));
      await received?.close();
    }
    expect(texts).toEqual(['Три фото', 'Photo without caption', 'Photo without caption', 'a text']);
    expect(files).toEqual([['1.jpg', '2.jpg', '3.jpg'], ['4.jpg'], ['5.jpg'], []]);
  });

  it('makes a note of a file that is not in the export, whatever stands in its place', async () => {
    const sentence = '(File not included. Change data exporting settings to download.)';
    const content = chatOf(
      message(1, { file: sentence, text: 'a' }),
      message(2, { file: '../../etc/passwd', text: '', date_unixtime: '1714557601' }),
      message(3, { file: 'files/gone.pdf', file_name: 'Акт.pdf', text: 'b', date_unixtime: '1714557602' }),
    );
    expect(await rowsOf(await anImport('telegram', content, { media: aFolder({}) }))).toMatchObject([
      { description: `a\n${sentence}` },
      { description: 'File without caption\n(file not in the export: passwd)' },
      { description: 'b\n(file not in the export: Акт.pdf)' },
    ]);
    expect(await rowsOf(await anImport('telegram', content))).toMatchObject([
      { description: `a\n${sentence}` },
      { description: 'File without caption\n(file not imported: passwd)' },
      { description: 'b\n(file not imported: Акт.pdf)' },
    ]);
  });

  it('reads what has no text', async () => {
    const content = chatOf(
      message(1, { text: '', media_type: 'sticker', sticker_emoji: '👍', file: 'stickers/a.webp' }),
      message(2, {
        text: '',
        location_information: { latitude: 55.75, longitude: 37.62 },
        place_name: 'Склад',
      }),
      message(3, {
        text: '',
        contact_information: { first_name: 'Иван', last_name: '', phone_number: '+7900' },
      }),
      message(4, { text: '', poll: { question: 'Кто?', answers: [{ text: 'Я' }, { text: 'Не я' }] } }),
      message(5, { text: '' }),
    );
    const rows = (await rowsOf(await anImport('telegram', content))) as { description: string }[];
    expect(rows.map(({ description }) => description)).toEqual([
      '👍',
      'Склад\n55.75, 37.62\nhttps://www.openstreetmap.org/?mlat=55.75&mlon=37.62',
      'Иван +7900',
      'Кто?\n- Я\n- Не я',
      'Message without text',
    ]);
  });

  it.each([
    [
      'an HTML export',
      '<!DOCTYPE html>\n<html>',
      'choose "Export chat history", and as the format "Machine-readable JSON"',
    ],
    ['another JSON', '{"a": 1}', 'it has no messages of a Telegram chat'],
  ])('says what is wrong with %s', async (_, content, reason) => {
    await expect(anImport('telegram', content)).rejects.toThrow(reason);
  });

  it('says that an export is cut off', async () => {
    const content = chatOf(...[1, 2, 3].map((id) => message(id, { text: 'a' }))).slice(0, -30);
    const opened = await anImport('telegram', content);
    await expect(rowsOf(opened)).rejects.toThrow('it ends in the middle of a message');
  });
});

async function* asyncOf(chunks: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* chunks;
}
