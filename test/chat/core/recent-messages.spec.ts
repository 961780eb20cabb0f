import { RecentMessages } from '../../../src/chat/core/actions/recent-messages.js';

describe('recent messages', () => {
  it('count as handled only with the text that was handled last', () => {
    const recentMessages = new RecentMessages();
    recentMessages.markHandled('a', 'one');
    recentMessages.markReport('a');
    expect(recentMessages.wasHandled('a', 'one')).toBe(true);
    recentMessages.markHandled('a', 'two');
    expect(recentMessages.wasHandled('a', 'one')).toBe(false);
    expect(recentMessages.wasHandled('b', '')).toBe(false);
  });

  it('remain reports when they are redelivered or edited', () => {
    const recentMessages = new RecentMessages();
    recentMessages.markHandled('edited', 'text');
    expect(recentMessages.isReport('edited')).toBeUndefined();
    recentMessages.markReport('rejected', false);
    expect(recentMessages.isReport('rejected')).toBe(false);
    recentMessages.markReport('rejected');
    recentMessages.markReport('rejected', false);
    expect(recentMessages.isReport('rejected')).toBe(true);
  });

  it('are about an incident once that is known', () => {
    const recentMessages = new RecentMessages();
    recentMessages.markReport('album', false);
    expect(recentMessages.incidentOf('album')).toBeUndefined();
    recentMessages.markIncident('album', 42);
    expect([recentMessages.incidentOf('album'), recentMessages.isReport('album')]).toEqual([42, false]);
  });

  it('are limited to the newest thousand', () => {
    const recentMessages = new RecentMessages();
    for (let n = 0; n <= 1_000; n++) recentMessages.markReport(String(n), false);
    expect(recentMessages.isReport('0')).toBeUndefined();
    expect(recentMessages.isReport('1')).toBe(false);
  });
});
