import { ChannelRegistry } from '../../../src/application/intake/channel-registry.js';
import { ReportMessageParser } from '../../../src/presentation/intake/report-message-parser.js';

const parser = new ReportMessageParser(
  new ChannelRegistry([{ name: 'kafka' }, { name: 'telegram', isRelayed: true }, { name: 'other' }]),
);

const messageWith = (name: string, value: string) => ({
  topic: 'incidents.inbound',
  partition: 0,
  offset: 1n,
  key: undefined,
  value: Buffer.from('{"description":"a","source":"partner"}'),
  headers: [[name, Buffer.from(value)]] as const,
});

describe('ReportMessageParser', () => {
  it('reads the actor from its header', async () => {
    expect(await parser.parse(messageWith('actor', 'Анна'))).toMatchObject({
      actor: 'Анна',
      channel: 'kafka',
    });
  });

  it.each([
    ['U+202E', '\u202eadmin'],
    ['U+200B', 'ad\u200bmin'],
  ])('rejects an actor with %s, and names the character', async (character, actor) => {
    await expect(parser.parse(messageWith('actor', actor))).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining(character),
    });
  });

  it('reads a relayed channel from its header', async () => {
    expect(await parser.parse(messageWith('channel', 'telegram'))).toMatchObject({ channel: 'telegram' });
  });

  it('rejects a channel that is registered but not relayed', async () => {
    await expect(parser.parse(messageWith('channel', 'other'))).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining('kafka, telegram'),
    });
  });
});
