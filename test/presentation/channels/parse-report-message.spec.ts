import { parseReportMessage } from '../../../src/presentation/channels/kafka/parse-report-message.js';

const messageBy = (actor: string) => ({
  topic: 'incidents.inbound',
  partition: 0,
  offset: '1',
  key: undefined,
  value: Buffer.from('{"description":"a","source":"partner"}'),
  headers: [['actor', Buffer.from(actor)]] as [string, Buffer][],
});

describe('the actor of a message from Kafka', () => {
  it('is the one that its header names', async () => {
    expect(await parseReportMessage(messageBy('Анна') as never)).toMatchObject({
      actor: 'Анна',
      channel: 'kafka',
    });
  });

  it.each([
    ['U+202E', '\u202eadmin'],
    ['U+200B', 'ad\u200bmin'],
  ])('has no %s, and the refusal names it', async (character, actor) => {
    await expect(parseReportMessage(messageBy(actor) as never)).rejects.toMatchObject({
      code: 'request.invalid',
      message: expect.stringContaining(character),
    });
  });
});
