import type { Message } from 'grammy/types';
import { LANGUAGES, TRANSLATIONS } from '../../../src/chat/core/translations/languages.js';
import { contentOf } from '../../../src/chat/telegram/content/message-content.js';
import { reportKeyOf } from '../../../src/chat/telegram/content/message-keys.js';

const CHAT = { id: -1001, type: 'supergroup', title: 'Park' } as const;
const CHANNEL = { id: -1002, type: 'channel', title: 'News', username: 'news' } as const;
const message = (parts: object) => ({ message_id: 5, chat: CHAT, date: 1, ...parts }) as unknown as Message;
const read = (parts: object) => contentOf(message(parts), TRANSLATIONS.en, 'IncidentsBot');
const textOf = (parts: object) => read(parts)?.text;
const file = { file_id: 'a', file_unique_id: 'b' };
const location = { latitude: 55.751244, longitude: 37.618423 };
const MAP = 'https://www.openstreetmap.org/?mlat=55.751244&mlon=37.618423#map=17/55.751244/37.618423';

describe('a message without a text', () => {
  it.each<[string, object, string]>([
    ['photo', { photo: [file] }, 'Photo without caption'],
    ['live photo', { live_photo: file, photo: [file] }, 'Live photo without caption'],
    ['voice', { voice: { ...file, duration: 72 } }, 'Voice message: 1:12'],
    ['video note', { video_note: { ...file, duration: 5, length: 1 } }, 'Video message: 0:05'],
    [
      'audio',
      { audio: { ...file, duration: 5, performer: 'A', title: 'B' } },
      'Audio without caption: A – B',
    ],
    ['audio file', { audio: { ...file, duration: 5, file_name: 'a.mp3' } }, 'Audio without caption: a.mp3'],
    ['video', { video: { ...file, file_name: 'a.mp4' } }, 'Video without caption: a.mp4'],
    [
      'GIF, which comes as a document too',
      { animation: { ...file, file_name: 'a.gif' }, document: { ...file, file_name: 'a.gif' } },
      'GIF without caption: a.gif',
    ],
    ['document', { document: { ...file, file_name: 'log.txt' } }, 'File without caption: log.txt'],
    ['document without a name', { document: file }, 'File without caption'],
    ['sticker', { sticker: { ...file, emoji: '🔥' } }, 'Sticker: 🔥'],
    ['location', { location }, `Location: 55.751244, 37.618423\n${MAP}`],
    [
      'venue, which comes as a location too',
      { venue: { location, title: 'Kremlin', address: 'Red Square' }, location },
      `Place: Kremlin, Red Square\n55.751244, 37.618423\n${MAP}`,
    ],
    [
      'contact',
      { contact: { first_name: 'Anna', last_name: 'Kim', phone_number: '+79990000000' } },
      'Contact: Anna Kim, +79990000000',
    ],
    [
      'contact without a last name',
      { contact: { first_name: 'Anna', phone_number: '1' } },
      'Contact: Anna, 1',
    ],
    [
      'poll',
      { poll: { question: 'Who goes?', options: [{ text: 'Me' }, { text: 'You' }] } },
      'Poll: Who goes?\n– Me\n– You',
    ],
    [
      'checklist',
      { checklist: { title: 'Shift', tasks: [{ id: 1, text: 'Till' }] } },
      'Checklist: Shift\n– Till',
    ],
    ['dice', { dice: { emoji: '🎯', value: 6 } }, 'Dice: 🎯 6'],
    ['story', { story: { chat: CHAT, id: 1 } }, 'Story'],
    ['paid media', { paid_media: { star_count: 1, paid_media: [] } }, 'Paid media without caption'],
    ['game', { game: { title: 'Snake', description: '', photo: [] } }, 'Game: Snake'],
    [
      'text in blocks',
      {
        rich_message: {
          blocks: [
            { type: 'heading', text: 'Till 3' },
            { type: 'paragraph', text: ['is ', { type: 'bold', text: 'dead' }] },
            { type: 'list', items: [{ label: '•', blocks: [{ type: 'paragraph', text: 'since 9' }] }] },
          ],
        },
      },
      'Formatted message: Till 3\nis dead\nsince 9',
    ],
  ])('is reported as a description of what it contains: %s', (_, parts, text) =>
    expect(read(parts)).toEqual({ text, isVerbatim: true }),
  );

  it('is reported in the language of the chat', () => {
    const contents = LANGUAGES.map((language) =>
      contentOf(message({ photo: [file] }), TRANSLATIONS[language], 'b'),
    );
    expect(contents.map((content) => content?.text)).toEqual(['Фото без подписи', 'Photo without caption']);
  });

  it('is reported as its caption if it has one', () =>
    expect(read({ photo: [file], caption: 'Wheel' })).toEqual({ text: 'Wheel', isVerbatim: false }));

  it.each<[string, object]>([
    ['someone joined', { new_chat_members: [] }],
    ['something was pinned', { pinned_message: message({ text: 'a' }) }],
    ['a topic was made', { forum_topic_created: { name: 'a', icon_color: 1 } }],
    ['a photo of the chat', { new_chat_photo: [file] }],
    ['a migration', { migrate_to_chat_id: -5 }],
  ])('is ignored if it is a service message: %s', (_, parts) => expect(read(parts)).toBeUndefined());
});

describe('links behind words', () => {
  const link = (offset: number, length: number, url: string) => ({ type: 'text_link', offset, length, url });

  it('are written out, also after and around emoji and other formatting', () => {
    const text = '🔥 see the log 🛴 and the graph.';
    const entities = [
      { type: 'bold', offset: 3, length: 11 },
      link(text.indexOf('the log'), 'the log'.length, 'https://a.example/log?a=1'),
      { type: 'italic', offset: text.indexOf('log'), length: 3 },
      link(text.indexOf('the graph'), 'the graph'.length, 'https://b.example/'),
    ];
    expect(textOf({ text, entities })).toBe(
      '🔥 see the log (https://a.example/log?a=1) 🛴 and the graph (https://b.example/).',
    );
  });

  it('are written out in captions too', () =>
    expect(
      textOf({ photo: [file], caption: 'a log', caption_entities: [link(2, 3, 'https://a.example/')] }),
    ).toBe('a log (https://a.example/)'));

  it('are written out once if the words are the address, or if other formatting divides the link', () => {
    expect(textOf({ text: 'a.example', entities: [link(0, 9, 'http://a.example/')] })).toBe('a.example');
    const entities = [link(0, 4, 'https://a.example/'), link(4, 3, 'https://a.example/')];
    expect(textOf({ text: 'the log', entities })).toBe('the log (https://a.example/)');
  });
});

describe('a forwarded message', () => {
  const forwarded = (forward_origin: object) => read({ text: '#42 fixed', forward_origin });

  it.each<[string, object, string]>([
    ['a person', { type: 'user', sender_user: { id: 1, first_name: 'Anna', last_name: 'Kim' } }, 'Anna Kim'],
    ['a person who hides', { type: 'hidden_user', sender_user_name: 'Anna\nKim' }, 'Anna Kim'],
    ['a group', { type: 'chat', sender_chat: CHAT, author_signature: 'chief' }, 'Park (chief)'],
    ['a channel', { type: 'channel', chat: CHANNEL, message_id: 9 }, 'News, https://t.me/news/9'],
    [
      'a channel without a public address',
      { type: 'channel', chat: { ...CHANNEL, username: undefined }, message_id: 9, author_signature: 'Anna' },
      'News (Anna)',
    ],
  ])('names its author: %s', (_, origin, name) =>
    expect(forwarded(origin)).toEqual({ text: `Forwarded from ${name}:\n#42 fixed`, isVerbatim: true }),
  );

  it('names its author even without a text', () =>
    expect(textOf({ photo: [file], forward_origin: { type: 'hidden_user', sender_user_name: 'Anna' } })).toBe(
      'Forwarded from Anna:\nPhoto without caption',
    ));

  it('is the same report as in the channel if Telegram copied it to the discussion group', () => {
    const forward_origin = { type: 'channel', chat: CHANNEL, message_id: 9 };
    const parts = { text: 'Till 3', is_automatic_forward: true, sender_chat: CHANNEL, forward_origin };
    expect(read(parts)).toEqual({ text: 'Till 3', isVerbatim: false });
    expect(reportKeyOf(message(parts))).toBe('tg:-1002:9');
  });
});

describe('the text of a message', () => {
  it.each([
    ['@IncidentsBot /list', '/list'],
    ['@incidentsbot, till 3', 'till 3'],
    ['@IncidentsBot', ''],
    ['@IncidentsBot2 till 3', '@IncidentsBot2 till 3'],
    ['till 3 @IncidentsBot', 'till 3 @IncidentsBot'],
  ])('is read without the name of the bot at its start: %j', (text, rest) =>
    expect(textOf({ text })).toBe(rest),
  );

  it('is no command if it is formatted as code', () => {
    const text = '/update 42 RESOLVED has failed';
    expect(read({ text, entities: [{ type: 'pre', offset: 0, length: text.length }] })!.isVerbatim).toBe(
      true,
    );
    expect(read({ text, entities: [{ type: 'bot_command', offset: 0, length: 7 }] })!.isVerbatim).toBe(false);
  });
});
