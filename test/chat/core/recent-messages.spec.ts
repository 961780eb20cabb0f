import { RecentMessages } from '../../../src/chat/core/actions/recent-messages.js';

describe('what is remembered of messages', () => {
  it('is the text that was handled last', () => {
    const recollection = new RecentMessages();
    recollection.handled('a', 'one');
    recollection.reported('a');
    expect(recollection.isKnown('a', 'one')).toBe(true);
    recollection.handled('a', 'two');
    expect(recollection.isKnown('a', 'one')).toBe(false);
    recollection.handled('b', undefined);
    expect(recollection.isKnown('b', '')).toBe(false);
  });

  it('is whether they made a report, which stays so when they come again, and is not guessed from edits', () => {
    const recollection = new RecentMessages();
    recollection.handled('edited', 'text');
    expect(recollection.isUnreported('edited')).toBe(false);
    recollection.unreported('refused');
    expect(recollection.isUnreported('refused')).toBe(true);
    recollection.reported('refused');
    recollection.unreported('refused');
    expect(recollection.isUnreported('refused')).toBe(false);
  });

  it('is what the newest thousand were', () => {
    const recollection = new RecentMessages();
    for (let n = 0; n <= 1_000; n++) recollection.unreported(String(n));
    expect(recollection.isUnreported('0')).toBe(false);
    expect(recollection.isUnreported('1')).toBe(true);
  });
});
