import { RecentMessages } from '../../../src/chat/core/actions/recent-messages.js';

describe('recent messages', () => {
  it('count as handled only with the text that was handled last', () => {
    const recentMessages = new RecentMessages();
    recentMessages.markHandled('a', 'one');
    recentMessages.markReport('a');
    expect(recentMessages.wasHandled('a', 'one')).toBe(true);
    recentMessages.markHandled('a', 'two');
    expect(recentMessages.wasHandled('a', 'one')).toBe(false);
    recentMessages.markHandled('b', undefined);
    expect(recentMessages.wasHandled('b', '')).toBe(false);
  });

  it('remain reports when they are redelivered or edited', () => {
    const recentMessages = new RecentMessages();
    recentMessages.markHandled('edited', 'text');
    expect(recentMessages.isNotReport('edited')).toBe(false);
    recentMessages.markNotReport('rejected');
    expect(recentMessages.isNotReport('rejected')).toBe(true);
    recentMessages.markReport('rejected');
    recentMessages.markNotReport('rejected');
    expect(recentMessages.isNotReport('rejected')).toBe(false);
  });

  it('are limited to the newest thousand', () => {
    const recentMessages = new RecentMessages();
    for (let n = 0; n <= 1_000; n++) recentMessages.markNotReport(String(n));
    expect(recentMessages.isNotReport('0')).toBe(false);
    expect(recentMessages.isNotReport('1')).toBe(true);
  });
});
