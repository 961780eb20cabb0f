import type { Message } from 'grammy/types';
import { actorOf, actorOfMessage, nameOf, senderOf } from '../../../src/chat/telegram/content/sender.js';

const person = { id: 7, is_bot: false, first_name: 'Анна', last_name: 'Ким' };
const channel = { id: -1002, type: 'channel', title: 'Сводки' } as const;
const message = (parts: object) => parts as Message;

describe('the sender of a message', () => {
  it('is a person, or the chat on whose behalf it is written', () => {
    expect(senderOf(message({ from: person }))).toBe(person);
    expect(senderOf(message({ from: { ...person, is_bot: true }, sender_chat: channel }))).toBe(channel);
  });

  it('is unknown for messages of bots', () => {
    expect(senderOf(message({ from: { ...person, is_bot: true } }))).toBeUndefined();
    expect(senderOf(message({}))).toBeUndefined();
  });

  it('is named as an actor by number and name', () => {
    expect(actorOf(person)).toBe('telegram:7 Анна Ким');
    expect(actorOf(channel)).toBe('telegram:-1002 Сводки');
  });

  it('is named as the chat for an anonymous administrator and for a post of a channel, with the signature', () => {
    const fake = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
    const group = { id: -1001, type: 'supergroup', title: 'Парк' } as const;
    expect(
      actorOfMessage(message({ from: fake, sender_chat: group, author_signature: 'Старший смены' })),
    ).toBe('telegram:-1001 Парк (Старший смены)');
    expect(actorOfMessage(message({ from: fake, sender_chat: group }))).toBe('telegram:-1001 Парк');
    expect(actorOfMessage(message({ sender_chat: channel, author_signature: 'Анна\n' }))).toBe(
      'telegram:-1002 Сводки (Анна)',
    );
    expect(actorOfMessage(message({ from: { ...person, is_bot: true } }))).toBeUndefined();
  });

  it.each([
    ['a line break', 'Ан\nна', 'telegram:7 Ан на'],
    ['marks of direction', '\u202eАнна\u202c', 'telegram:7 Анна'],
    ['half a character', 'Анна\ud83d', 'telegram:7 Анна\ufffd'],
    ['nothing to see', '\u2060', 'telegram:7'],
  ])('is named without %s in the name', (_, name, actor) =>
    expect(actorOf({ ...person, first_name: name, last_name: undefined })).toBe(actor),
  );

  it('is named in at most 255 whole characters', () => {
    const actor = actorOf({ ...person, first_name: '🛴'.repeat(300) });
    expect(Array.from(actor)).toHaveLength(255);
    expect(actor.isWellFormed()).toBe(true);
    expect(nameOf({ ...person, first_name: '🛴'.repeat(300) }).length).toBeGreaterThan(600);
  });
});
